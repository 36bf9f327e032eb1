/** Payload bytes are exact. */
import { equalBytes } from '../expect.js';
import type { ShimSupport } from '../shim.js';
import type { Case } from './case.js';

export function payloads({ largestPayload = Number.POSITIVE_INFINITY }: ShimSupport): readonly Case[] {
  const exact: Case[] = PAYLOADS.filter(([, payload]) => payload.length <= largestPayload).map(([name, payload]) => ({
    does: `carries ${name}`,
    async plays(scene) {
      const reader = await scene.reader();
      const sender = await scene.sender();
      const [sent, [received]] = await Promise.all([sender.send(scene.topic(), payload), reader.take(1)]);
      equalBytes(received, payload);
      return sent;
    },
  }));
  return [
    ...exact,
    {
      does: 'carries what was sent, though the caller uses its buffer again at once',
      async plays(scene) {
        const reader = await scene.reader();
        const sender = await scene.sender();
        const payload = noise(1000);
        const original = payload.slice();
        const sent = sender.send(scene.topic(), payload);
        payload.fill(7);
        const again = sender.send(scene.topic(), payload);
        const [first, second] = await reader.take(2);
        equalBytes(first, original);
        equalBytes(second, payload);
        await Promise.all([sent, again]);
      },
    },
  ];
}

const PAYLOADS: readonly (readonly [string, Uint8Array])[] = [
  ['an empty payload', new Uint8Array()],
  ['a payload of one byte', Uint8Array.of(0)],
  ['a payload of 64 KiB', noise(2 ** 16)],
  ['a payload of 1 MiB', noise(2 ** 20)],
  ['a view into a larger buffer, without the rest of it', new Uint8Array(noise(5000).buffer, 1234, 321)],
];

/** Every byte value, at no regular distance. */
function noise(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * i + (i >> 8) * 31) & 255);
}
