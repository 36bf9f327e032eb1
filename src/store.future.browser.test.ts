import './store.future.test.js';
