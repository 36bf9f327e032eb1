/** `/stage?log=…&maxBytes=…`: a log worked by hand. */
import { StreamError } from 'proxystream';
import { type LogStatus, openLog } from 'proxystream/log';
import { say } from './drawing.js';

const query = new URLSearchParams(location.search);
const log = await openLog(query.get('log') ?? 'desk', { maxBytes: Number(query.get('maxBytes') ?? 2 ** 40) });
const publisher = log.publisher();

/** What came of an attempt to store: `'stored'`, or a code. */
type Outcome = string;

export type Reader = { readonly name: string } | { readonly from: 'start' };

declare global {
  var desk: {
    /** A message that begins with its number, then so many bytes that do not compress. */
    store(number: number, bytes: number): Promise<Outcome>;
    /** Reads so many messages, acknowledges them, and closes: their numbers, and the news between. */
    read(count: number, reader: Reader): Promise<(number | string)[]>;
    /** Follows from now on; what has come is in `heard`. */
    follow(): Promise<void>;
    heard: (number | string)[];
    status(): Promise<LogStatus>;
    purge(): Promise<LogStatus>;
    /** What a call to another's delete or upgrade of the database comes to. */
    removeDatabase(): Promise<string>;
  };
}

globalThis.desk = {
  async store(number, bytes) {
    const message = new Uint8Array(4 + bytes);
    for (let at = 4; at < message.length; at += 65_536) crypto.getRandomValues(message.subarray(at, at + 65_536));
    new DataView(message.buffer).setUint32(0, number);
    try {
      await publisher.send('t', message);
      return 'stored';
    } catch (error) {
      return error instanceof StreamError ? error.code : String(error);
    }
  },
  async read(count, reader) {
    const taken: (number | string)[] = [];
    const subscriber = log.subscriber('t', reader);
    for await (const batch of subscriber.batches({ ack: 'manual', max: 1 })) {
      taken.push(...batch.messages.map(inWords));
      batch.ack();
      if (taken.filter((item) => typeof item === 'number').length === count) break;
    }
    await subscriber.close();
    return taken;
  },
  async follow() {
    const subscriber = log.subscriber('t');
    await subscriber.ready();
    void (async () => {
      for await (const { messages } of subscriber.batches()) desk.heard.push(...messages.map(inWords));
    })();
  },
  heard: [],
  status: () => log.refresh(),
  purge: () => log.purge({ before: 'now' }),
  removeDatabase: () =>
    new Promise((resolve) => {
      const request = indexedDB.deleteDatabase(`proxystream/log/${log.name}`);
      request.onsuccess = () => resolve('removed');
      request.onerror = () => resolve(String(request.error));
    }),
};
say('ready');

function inWords(message: { readonly payload: Uint8Array } | StreamError): number | string {
  if (message instanceof StreamError) return message.code;
  const { payload } = message;
  return new DataView(payload.buffer, payload.byteOffset).getUint32(0);
}
