import './http.failures.test.js';
