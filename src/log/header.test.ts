import fc from 'fast-check';
import { expect, test } from 'vitest';
import { messagePack } from '../codec.js';
import { anyBatch } from '../fixtures/data.js';
import { readHeader } from './header.js';

test('the producer and sequence number of every message are read', () => {
  fc.assert(
    fc.property(anyBatch, (batch) => {
      const message = messagePack.assemble(batch, batch.events.map(messagePack.encodeEvent));
      const header = readHeader(message);
      expect(header?.seq).toBe(batch.seq);
      expect(header?.producer).toBe(batch.producer);
    }),
  );
});

test('a message that is cut short or has something behind it has no header', () => {
  fc.assert(
    fc.property(anyBatch, fc.nat(), (batch, at) => {
      const message = messagePack.assemble(batch, batch.events.map(messagePack.encodeEvent));
      expect(readHeader(message.slice(0, at % message.length))).toBeUndefined();
      expect(readHeader(Uint8Array.of(...message, 0))).toBeUndefined();
    }),
  );
});

test('bytes of any other kind have none', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (noise, alike) => {
      const message = alike ? Uint8Array.of(0x96, 1, ...noise) : noise;
      let valid = true;
      try {
        messagePack.decode(message, 't');
      } catch {
        valid = false;
      }
      if (!valid) expect(readHeader(message)).toBeUndefined();
      readHeader(message); // never throws, and ends
    }),
  );
});
