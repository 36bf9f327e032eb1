/** Flaws, on demand: the checker has to find each. */
import type { Publisher } from 'proxystream';
import { cast } from './cast.js';

export function mutate(publisher: Publisher): Publisher {
  return cast.mutant === 'promises early' ? promisingEarly(publisher) : publisher;
}

/** Settles before anything is stored, as one would that takes `request.onsuccess` for the end of a transaction. */
function promisingEarly(publisher: Publisher): Publisher {
  let behind: Promise<unknown> = Promise.resolve();
  return {
    ...(publisher.codec && { codec: publisher.codec }),
    ...(publisher.limits && { limits: publisher.limits }),
    async send(topic, message, options) {
      behind = behind.then(() => publisher.send(topic, message, options));
    },
    close: () => publisher.close(),
    [Symbol.asyncDispose]: () => publisher.close(),
  };
}
