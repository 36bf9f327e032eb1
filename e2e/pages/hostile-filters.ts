/** Runs in a worker: filters that misbehave in every way we could think of. Each is well again after what it does to event 13. */
import { serveFilters } from 'proxystream/filters/worker';

interface Numbered {
  readonly n: number;
}

const unlucky = (misbehave: () => unknown) => (({ n }) => (n === 13 ? misbehave() : n % 2 === 1)) as (metadata: Numbered) => boolean;

export default serveFilters({
  odd: ({ n }: Numbered) => n % 2 === 1,
  throws: unlucky(() => {
    throw new Error('broken');
  }),
  rejects: unlucky(() => Promise.reject(new Error('broken'))),
  answersOne: unlucky(() => 1),
  answersNothing: unlucky(() => undefined),
  neverReturns: unlucky(() => {
    for (;;);
  }),
  neverSettles: unlucky(() => new Promise(() => {})),
  allocates: unlucky(() => {
    const hoard: unknown[] = [];
    for (;;) hoard.push({ n: hoard.length });
  }),
  closes: unlucky(() => {
    globalThis.close();
    return new Promise(() => {});
  }),
  chatters: unlucky(() => {
    for (const words of [undefined, null, 'hello', { ask: 1 }, ['proxystream filters']]) globalThis.postMessage(words);
    return true;
  }),
  /** Knows the protocol, and claims that everything is to be dropped. */
  forges: unlucky(() => {
    for (let ask = 0; ask < 99; ask++) globalThis.postMessage({ ask, drops: Uint8Array.of(255, 255), costs: [] });
    return true;
  }),
  silences: unlucky(() => {
    Object.assign(globalThis, { postMessage: () => {}, onmessage: null });
    Object.assign(MessagePort.prototype, { postMessage: () => {} });
    return true;
  }),
  failsLater: unlucky(() => {
    queueMicrotask(() => {
      throw new Error('later');
    });
    return true;
  }),
  answersTooFew: Object.assign(() => true, { batch: () => [true] as readonly boolean[] }),
  slow: (_: Numbered, ms: number) => {
    const until = performance.now() + ms;
    while (performance.now() < until);
    return false;
  },
});
