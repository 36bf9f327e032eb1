import type { Socket } from 'node:net';

/** Ends a connection with a reset (RST), and at once: what is still to be written is lost. */
export function reset(socket: Socket): void {
  // Node cannot reset a socket that is about to end, and then leaves its handle open for good: that must not keep the process.
  socket.unref();
  if (socket.writableEnded || socket.writableLength > 0) socket.destroy();
  else socket.resetAndDestroy();
}
