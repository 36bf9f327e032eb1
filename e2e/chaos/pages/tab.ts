/** A tab of the chaos tests: `/stage?program=chaos/pages/tab.ts&cast=…`. Begins to read when it is loaded, and publishes when it is told to. */
import { cast, life } from './cast.js';
import { openParts } from './parts.js';
import { Reader } from './reader.js';
import { codeOf, tellNow } from './telling.js';
import { Writer } from './writer.js';

declare global {
  var tab: {
    publish(count: number, bytes: number, together: boolean): Promise<void>;
    /** Of all that it was asked to publish: what has not been promised or refused. */
    pending(): number;
    /** Closes its subscriber in order; `readAgain` opens another. */
    stopReading(): Promise<void>;
    readAgain(): void;
    /** Settles once its subscriber says that what is published from now on will be delivered. */
    ready(): Promise<void>;
    /** Messages that the cursors and outboxes of this log have not passed. */
    lag(): Promise<number>;
  };
}

const { reads, answersFor } = cast;
const { log, publisher, subscriber } = await openParts();
const writer = publisher && new Writer(publisher);
const reader = reads && subscriber && new Reader(reads.cursor, subscriber);

addEventListener('unhandledrejection', ({ reason }) => {
  const { code, message } = codeOf(reason);
  tellNow({ is: 'stuck', what: `${cast.tab} has an error that nobody handles: ${code ?? ''} ${message}` });
});

log.onStatus((status) => reader?.sees(status));
if (answersFor) {
  const stay = { cursor: answersFor, life };
  let known = 0;
  log.onStatus(({ losses }) => {
    if (losses > known) tellNow({ is: 'news', ...stay, code: 'data_lost', reason: 'the database of an outbox' });
    known = losses;
  });
  tellNow({ is: 'reading', ...stay });
}
reader?.start();
globalThis.tab = {
  publish: async (...what) => writer?.publish(...what),
  pending: () => writer?.pending ?? 0,
  stopReading: async () => reader?.stop(),
  readAgain: () => reader?.start(),
  ready: async () => reader?.ready(),
  lag: async () => {
    const { cursors, outbox } = await log.refresh();
    return cursors.reduce((sum, { lag }) => sum + lag, outbox.backlog);
  },
};
