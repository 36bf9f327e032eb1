/**
 * Keeps the history of a round in this process, outside of everything that is under test. Pages tell it by HTTP: what they must not act upon before it is
 * recorded, they wait for; what a crash right behind it must not lose, they tell with a request that blocks them.
 */
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Fact } from './facts.js';

export interface Recorder extends AsyncDisposable {
  /** Takes a JSON array of facts by POST; answered once they are in the history. */
  readonly url: string;
  readonly history: readonly Fact[];
  /** When it was told each fact, in milliseconds since it began. For people: nothing is judged by the clock. */
  readonly times: readonly number[];
  tell(...facts: readonly Fact[]): void;
  /** Whether this came true within that time; looks whenever something is told. */
  until(come: (history: readonly Fact[]) => boolean, withinMs: number): Promise<boolean>;
  close(): Promise<void>;
}

export async function startRecorder(host = '127.0.0.1'): Promise<Recorder> {
  const history: Fact[] = [];
  const times: number[] = [];
  const begin = performance.now();
  const watchers = new Set<() => void>();
  const tell = (...facts: readonly Fact[]) => {
    history.push(...facts);
    times.push(...facts.map(() => Math.round(performance.now() - begin)));
    for (const look of watchers) look();
  };

  const server = createServer(async (request, response) => {
    response.setHeader('access-control-allow-origin', '*');
    try {
      const facts = JSON.parse(await text(request)) as Fact[];
      tell(...facts);
    } catch {
      // A page that dies while it speaks has said nothing.
      response.statusCode = 400;
    }
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  const { port } = server.address() as { port: number };
  return {
    url: `http://${host}:${port}/`,
    history,
    times,
    tell,
    until: (come, withinMs) =>
      new Promise((resolve) => {
        const look = () => come(history) && end(true);
        const timer = setTimeout(() => end(false), withinMs);
        const end = (came: boolean) => {
          clearTimeout(timer);
          watchers.delete(look);
          resolve(came);
        };
        watchers.add(look);
        look();
      }),
    close,
    [Symbol.asyncDispose]: close,
  };
}
