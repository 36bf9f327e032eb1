/** A tab that is worked from another one, by messages on the channel that its address names. It closes when told to. */
import { serveWorlds } from 'proxystream/testing';
import { broadcastWorld } from './broadcast-world.js';
import { logWorld } from './log-world.js';

const line = new BroadcastChannel(location.hash);
line.addEventListener('message', ({ data }) => {
  if (data === 'close') window.close();
});
serveWorlds(line, location.hash.startsWith('#log') ? logWorld : broadcastWorld);
