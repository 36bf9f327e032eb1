import './memory.test.js';
