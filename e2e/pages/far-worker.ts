import { serveWorlds } from 'proxystream/testing';
import { broadcastWorld } from './broadcast-world.js';

serveWorlds(self, broadcastWorld);
