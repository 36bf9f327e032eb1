import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { type FaultProxy, startFaultProxy } from './fault-proxy.js';

test('passes bytes both ways and counts them', async () => {
  const { client, proxy } = await echoThroughProxy();
  client.socket.write('hello');
  await client.until('hello');
  expect(proxy.counts()).toEqual({ accepted: 1, open: 1, bytesUp: 5, bytesDown: 5 });
});

test('passes the end on, one direction at a time', async () => {
  const { client } = await echoThroughProxy();
  client.socket.end('last words');
  await client.until('last words');
  await client.closed;
  expect(client.error()).toBeUndefined();
});

test('delays bytes and keeps their order, also when the delay ends', async () => {
  const { client, proxy } = await echoThroughProxy();
  await proxy.set({ kind: 'delay', ms: 30 });
  for (const piece of ['a', 'b', 'c']) client.socket.write(piece);
  await proxy.set({ kind: 'pass' });
  client.socket.write('d');
  await client.until('abcd');
});

test('a black hole keeps connections open and moves nothing; afterwards all of it arrives', async () => {
  const { client, proxy } = await echoThroughProxy();
  await proxy.set({ kind: 'black-hole' });
  client.socket.write('into the dark');
  const second = await connectTo(proxy);
  expect([client.socket.destroyed, second.socket.destroyed, proxy.counts().bytesUp]).toEqual([false, false, 0]);
  await proxy.set({ kind: 'pass' });
  await client.until('into the dark');
});

test('resets what stands and what comes', async () => {
  const { client, proxy } = await echoThroughProxy();
  await proxy.set({ kind: 'reset' });
  await client.closed;
  expect(client.error()).toMatchObject({ code: 'ECONNRESET' });
  const next = connect({ port: proxy.port, host: '127.0.0.1' });
  const [error] = await once(next, 'error');
  expect(error).toMatchObject({ code: 'ECONNRESET' });
});

test.each(['up', 'down'] as const)('cuts a connection after so many bytes %s', async (direction) => {
  const { client, proxy } = await echoThroughProxy();
  await proxy.set({ kind: 'cut', afterBytes: 3, direction });
  client.socket.write('hello');
  await client.closed;
  expect(proxy.counts()[direction === 'up' ? 'bytesUp' : 'bytesDown']).toBe(3);
  if (direction === 'down') expect(client.received()).toBe('hel');
});

test('refuses connections, and takes them again on the same port', async () => {
  const { client, proxy } = await echoThroughProxy();
  await proxy.set({ kind: 'refuse' });
  await client.closed;
  await expect(connectTo(proxy)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  await proxy.set({ kind: 'pass' });
  const next = await connectTo(proxy);
  next.socket.write('again');
  await next.until('again');
});

test('breaks the client when the server breaks', async () => {
  const { client, servers } = await echoThroughProxy();
  client.socket.write('hello');
  await client.until('hello');
  for (const server of servers) server.resetAndDestroy();
  await client.closed;
  expect(client.error()).toMatchObject({ code: 'ECONNRESET' });
});

async function echoThroughProxy() {
  const servers: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    servers.push(socket);
    socket.on('error', () => {});
    socket.pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const proxy = await startFaultProxy(`tcp://127.0.0.1:${port}`);
  onTestFinished(async () => {
    await proxy.close();
    server.close();
  });
  return { proxy, servers, client: await connectTo(proxy) };
}

async function connectTo(proxy: FaultProxy) {
  const socket = connect({ port: proxy.port, host: '127.0.0.1' });
  let text = '';
  let failure: Error | undefined;
  socket.on('data', (chunk) => {
    text += chunk;
  });
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await once(socket, 'connect');
  socket.on('error', (error) => {
    failure = error;
  });
  onTestFinished(() => void socket.destroy());
  return {
    socket,
    closed,
    error: () => failure,
    received: () => text,
    until: (expected: string) => expect.poll(() => text).toBe(expected),
  };
}
