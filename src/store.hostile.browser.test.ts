import './store.hostile.test.js';
