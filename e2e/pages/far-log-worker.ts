import { serveWorlds } from 'proxystream/testing';
import { logWorld } from './log-world.js';

serveWorlds(self, logWorld);
