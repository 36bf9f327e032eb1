/** What becomes of outboxes and inboxes when the database vanishes under them. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { bytes, freshLog, items, readWithNews, removed, sendAll, text } from '../../e2e/support/log-scene.js';
import { StreamError } from '../index.js';
import { Mailbox } from '../mailbox.js';
import type { BatchOptions, Message } from '../protocols.js';
import { commit, type Fence, readLog } from './commit.js';
import { type Database, IndexedDatabase } from './database.js';
import type { Log } from './index.js';

describe('an outbox whose database vanishes', () => {
  test('sends everything that is stored afterwards, whatever had been sent before', async () => {
    const log = await freshLog();
    const far = farEnd();
    const outbox = log.outbox(far);
    await sendAll(outbox, 20);
    await outbox.flush();
    await vanish(log);
    await sendAll(outbox, 10, { from: 20 });
    await outbox.flush().catch(() => {});
    await outbox.flush();
    expect(far.received).toEqual(items(30));
  });

  test('says so to who flushes, when it took along what was to be sent', async () => {
    const log = await freshLog();
    const far = farEnd();
    far.online = false;
    const outbox = log.outbox(far);
    await sendAll(outbox, 20);
    const flushing = outbox.flush().catch((error) => error.code);
    await vanish(log);
    await sendAll(outbox, 3, { from: 20 });
    far.online = true;
    expect(await flushing).toBe('data_lost');
    await outbox.flush();
    expect(far.received.slice(-3)).toEqual(items(3, 20));
  });
});

describe('a pump whose database vanishes', () => {
  test('goes on after a message that is refused just then', async () => {
    const log = await freshLog();
    const far = farEnd();
    const { refuse, sent } = far.holdBack();
    const outbox = log.outbox(far);
    await outbox.send('t', bytes('bad'));
    await sent;
    await vanish(log);
    await outbox.send('t', bytes('good'));
    refuse(new StreamError('too_large', 'no'));
    await outbox.flush().catch(() => {});
    await outbox.flush();
    expect(far.received).toEqual(['good']);
  });

  test('and that wakes up in a term of the one before moves nothing in the new one, though terms are counted anew', async () => {
    const log = await freshLog();
    const database = new IndexedDatabase(`proxystream/log/${log.name}`);
    onTestFinished(() => database.close());
    const stale = await beginTerm(database);
    await vanish(log);
    const present = await beginTerm(database);
    expect(stale.term).toBe(present.term);
    expect(await moveTo(database, stale, 5)).toBeUndefined();
    expect(await moveTo(database, present, 3)).toBe(3);
    expect(await moveTo(database, stale, 5)).toBe(3);
  });
});

describe('an inbox whose database vanishes', () => {
  test('goes on receiving, and says that what it had is gone', async () => {
    const log = await freshLog();
    const wire = new Wire();
    const inbox = log.inbox(wire, { name: 'board' });
    await inbox.ready();
    wire.bring(...items(3));
    expect(await heard(inbox, 3)).toEqual(items(3));
    await vanish(log);
    wire.bring(...items(3, 3));
    expect(await heard(inbox, 3)).toEqual(['data_lost', ...items(3, 3)]);
    await expect.poll(() => wire.acknowledged).toEqual(items(6));
  });
});

function beginTerm(database: Database): Promise<Fence> {
  return database.run({ stores: ['meta'] }, async (tx) => {
    const log = await readLog(tx);
    log.terms.pump = 1;
    tx.put('meta', 'log', log);
    return { key: 'pump', term: 1, epoch: log.epoch };
  });
}

/** Where the pump's cursor is then. */
async function moveTo(database: Database, fence: Fence, at: number): Promise<number | undefined> {
  const draft = { entries: [], moves: [{ fence, cursor: { lane: 'out/outbox', name: '', at } }], token: at, ends: new Map() };
  const limits = { maxBytes: 1e6, maxAgeMs: 1e6, leaseMs: 1e6 };
  const { log } = await database.run({}, (tx, attempt) => commit(tx, attempt, draft, limits));
  return log.cursors.pump?.at;
}

function vanish(log: Log): Promise<void> {
  return removed(`proxystream/log/${log.name}`);
}

async function heard(inbox: Parameters<typeof readWithNews>[0], count: number): Promise<string[]> {
  const all = await readWithNews(inbox, count);
  return all.map((message) => (message instanceof StreamError ? message.code : text(message)));
}

function farEnd() {
  return {
    received: [] as string[],
    online: true,
    limits: { inFlight: 4 },
    /** The next message waits for its end. */
    holdBack() {
      let refuse = (_error: StreamError) => {};
      const sent = new Promise<void>((onSent) => {
        this.held = () => {
          this.held = async () => {};
          onSent();
          return new Promise((_, reject) => {
            refuse = reject;
          });
        };
      });
      return { sent, refuse: (error: StreamError) => refuse(error) };
    },
    held: async () => {},
    async send(topic: string, payload: Uint8Array) {
      await this.held();
      if (!this.online) throw new StreamError('connection_lost', 'offline');
      this.received.push(text({ topic, payload }));
    },
    async close() {},
    async [Symbol.asyncDispose]() {},
  };
}

/** A subscriber whose messages the test brings, and whose acknowledgements it sees. */
class Wire {
  readonly acknowledged: string[] = [];
  readonly mailbox = new Mailbox<Message>({ onAck: (messages) => this.acknowledged.push(...messages.map(text)) });

  bring(...payloads: readonly string[]): void {
    for (const payload of payloads) this.mailbox.push({ topic: 't', payload: bytes(payload) }, 1);
  }

  batches(options?: BatchOptions) {
    return this.mailbox.batches(options);
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    throw new Error('batches are read');
  }

  async close(): Promise<void> {
    this.mailbox.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
