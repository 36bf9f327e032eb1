/** Messages of wire format 1, cut as bytes: what stays in them is what it was. */

/** Of values whose first byte says all about their length: how many bytes follow it. */
const FOLLOWING = new Map<number, number>([
  ...[0xc0, 0xc2, 0xc3].map((head) => [head, 0] as const),
  ...[0xcc, 0xd0].map((head) => [head, 1] as const),
  ...[0xcd, 0xd1, 0xd4].map((head) => [head, 2] as const),
  [0xd5, 3],
  ...[0xca, 0xce, 0xd2].map((head) => [head, 4] as const),
  [0xd6, 5],
  ...[0xcb, 0xcf, 0xd3].map((head) => [head, 8] as const),
  [0xd7, 9],
  [0xd8, 17],
]);

/** The message as if these events, one flag for each, had never been in it. It must be one that has been read. */
export function without(message: Uint8Array, gone: readonly boolean[]): Uint8Array {
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  const short = new Uint8Array(message.length + 5);
  let kept = 0;
  // Whatever its head is: writers need not use the shortest.
  let at = 1 + lengthBytes(message[0] as number);
  for (let field = 0; field < 5; field++) at = after(at);
  keep(0, at);
  const head = kept;
  kept += 5;
  at += 1 + lengthBytes(message[at] as number);
  for (const isGone of gone) {
    const end = after(at);
    if (!isGone) keep(at, end);
    at = end;
  }
  keep(at, message.length);
  short[head] = 0xdd;
  new DataView(short.buffer).setUint32(head + 1, gone.filter((isGone) => !isGone).length);
  return short.slice(0, kept);

  function keep(from: number, to: number): void {
    short.set(message.subarray(from, to), kept);
    kept += to - from;
  }

  /** Where the value at `start` ends. */
  function after(start: number): number {
    const head = message[start] as number;
    const next = start + 1;
    if (head < 0x80 || head >= 0xe0) return next;
    if (head < 0x90) return afterAll(next, (head & 15) * 2);
    if (head < 0xa0) return afterAll(next, head & 15);
    if (head < 0xc0) return next + (head & 31);
    const following = FOLLOWING.get(head);
    if (following !== undefined) return next + following;
    const size = lengthBytes(head);
    const length = size === 1 ? view.getUint8(next) : size === 2 ? view.getUint16(next) : view.getUint32(next);
    if (head >= 0xde) return afterAll(next + size, length * 2);
    if (head >= 0xdc) return afterAll(next + size, length);
    // An extension has a byte for its type.
    return next + size + length + (head >= 0xc7 && head <= 0xc9 ? 1 : 0);
  }

  function afterAll(start: number, values: number): number {
    let end = start;
    for (let i = 0; i < values; i++) end = after(end);
    return end;
  }
}

/** How many bytes say how long it is. */
function lengthBytes(head: number): number {
  if (head < 0xc4) return 0;
  if (head >= 0xdc) return head & 1 ? 4 : 2;
  const first = head >= 0xd9 ? 0xd9 : head >= 0xc7 ? 0xc7 : 0xc4;
  return 1 << (head - first);
}
