import { serveWorlds } from 'proxystream/testing';
import { mqttWorld } from '../support/mqtt-shims.js';

serveWorlds(self, mqttWorld);
