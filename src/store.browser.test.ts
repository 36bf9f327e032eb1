import './store.test.js';
