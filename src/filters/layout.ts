/** Where the events of a message of wire format 1 are. */

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

/**
 * Where the list of the message's events begins, each event, and the end. The message is one that has been read, with so many events.
 */
export function layoutOf(message: Uint8Array, events: number): Uint32Array {
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  const layout = new Uint32Array(events + 2);
  // Whatever its head is: writers need not use the shortest.
  let at = 1 + lengthBytes(message[0] as number);
  for (let field = 0; field < 5; field++) at = after(at);
  layout[0] = at;
  at += 1 + lengthBytes(message[at] as number);
  for (let n = 1; n <= events; n++) {
    layout[n] = at;
    at = after(at);
  }
  layout[events + 1] = at;
  return layout;

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
