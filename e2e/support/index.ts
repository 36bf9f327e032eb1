/** What the tests stand on: real brokers of their own, and a bad connection on demand. Node only. */
export { chromiumLaunch, findChromium, findMosquitto, findNginx } from '../../scripts/programs.mjs';
export { type AedesBroker, type AedesBrokerOptions, startAedes } from './aedes.js';
export { type Broker, freePorts } from './broker.js';
export { type Direction, type Fault, type FaultCounts, type FaultProxy, startFaultProxy } from './fault-proxy.js';
export { type MosquittoBroker, type MosquittoOptions, startMosquitto } from './mosquitto.js';
export { type ObjectServer, startNginx } from './nginx.js';
export { startObjects } from './objects.js';
export { startTrouble, type Trouble } from './trouble.js';
