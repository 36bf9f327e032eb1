import './queue.test.js';
