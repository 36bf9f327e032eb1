/** How fast wire format 1 is written and read, in batches of 256. */
import { decode, encode } from '@msgpack/msgpack';
import { messagePack } from 'proxystream';
import { bursts, type SmallEvent, smallEvents, Tally } from '../events.js';
import type { Contender, Group, Round } from '../group.js';

const BATCH = 256;
const HEADER = { topic: 'quakes/us', producer: '00112233445566778899aabbccddeeff', seq: 0, stores: [] };

type Write = (events: readonly SmallEvent[]) => Uint8Array;
type Read = (message: Uint8Array) => readonly SmallEvent[];

const writeOurs: Write = (events) => {
  const encoded = events.map((object) => messagePack.encodeEvent({ type: 'inline', metadata: {}, object }));
  return messagePack.assemble(HEADER, encoded);
};

const readOurs: Read = (message) => {
  const { events } = messagePack.decode(message, HEADER.topic);
  return events.map((event) => (event.type === 'inline' ? event.object : undefined) as SmallEvent);
};

const writeJson: Write = (events) => new TextEncoder().encode(JSON.stringify(events));
const readJson: Read = (message) => JSON.parse(new TextDecoder().decode(message));
const readMessagePack: Read = (message) => decode(message) as SmallEvent[];

function writing(write: Write): Contender {
  return async (round) => {
    const batches = bursts(smallEvents(round.events), BATCH);
    let bytes = 0;
    timed(round, () => {
      for (const batch of batches) bytes += write(batch).length;
    });
    if (bytes < round.events) throw new Error('Next to nothing was written');
  };
}

function reading(write: Write, read: Read): Contender {
  return async (round) => {
    const messages = bursts(smallEvents(round.events), BATCH).map(write);
    const tally = new Tally(round.events);
    timed(round, () => {
      for (const message of messages) tally.takeAll(read(message));
    });
    if (!tally.done) throw new Error('Not everything was read');
  };
}

/** Metadata is read, filtered and dropped without decoding any object. */
const readingHeaders: Contender = async (round) => {
  const messages = bursts(smallEvents(round.events), BATCH).map(writeOurs);
  let count = 0;
  timed(round, () => {
    for (const message of messages) for (const { type } of messagePack.decode(message, HEADER.topic).events) if (type === 'inline') count++;
  });
  if (count !== round.events) throw new Error('Not everything was read');
};

function timed({ start, stop }: Round, work: () => void): void {
  start();
  work();
  stop();
}

const common = { unit: 'events/s', better: 'more', events: 200_000 } as const;

export default [
  {
    ...common,
    name: 'codec, writing',
    contenders: { 'wire format 1': writing(writeOurs), '@msgpack/msgpack': writing((events) => encode(events)), JSON: writing(writeJson) },
    rows: [{ against: '@msgpack/msgpack' }, { against: 'JSON' }],
  },
  {
    ...common,
    name: 'codec, reading',
    contenders: {
      'wire format 1': reading(writeOurs, readOurs),
      'wire format 1, metadata only': readingHeaders,
      '@msgpack/msgpack': reading((events) => encode(events), readMessagePack),
      JSON: reading(writeJson, readJson),
    },
    rows: [{ against: '@msgpack/msgpack' }, { against: 'JSON' }, { subject: 'wire format 1, metadata only', against: '@msgpack/msgpack' }],
  },
] satisfies Group[];
