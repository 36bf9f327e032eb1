/** Payloads that tell where they belong. */
import { equal } from './expect.js';
import type { Sender } from './scene.js';

export function numbered(n: number, padding = 0): Uint8Array {
  const payload = new Uint8Array(4 + padding);
  new DataView(payload.buffer).setUint32(0, n);
  return payload;
}

export function numberOf(payload: Uint8Array): number {
  return new DataView(payload.buffer, payload.byteOffset).getUint32(0);
}

export function range(count: number, from = 0): number[] {
  return Array.from({ length: count }, (_, i) => from + i);
}

/** Sends the numbers without waiting in between; settles when all have been accepted. */
export async function sendNumbers(sender: Sender, topic: string, numbers: readonly number[], padding = 0): Promise<void> {
  await Promise.all(numbers.map((n) => sender.send(topic, numbered(n, padding))));
}

export function equalNumbers(payloads: readonly Uint8Array[], expected: readonly number[]): void {
  equal(payloads.map(numberOf), expected, 'numbers');
}
