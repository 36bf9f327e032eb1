/** The codec and its test vectors once more, in a browser. */
import './codec.test.js';
import './json-codec.test.js';
import './wire-format.test.js';
