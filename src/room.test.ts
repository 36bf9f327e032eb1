import { describe, expect, test } from 'vitest';
import { Room } from './room.js';

describe('a room', () => {
  test('is full when it has as many items or bytes as it may', () => {
    const room = new Room(2, 10);
    room.take(4);
    expect([room.fits(6), room.fits(7)]).toEqual([true, false]);
    room.take(4);
    expect(room.fits(0)).toBe(false);
  });

  test('takes one item however large', () => {
    expect(new Room(1, 10).fits(1000)).toBe(true);
  });

  test('lets in at once whoever fits', () => {
    const { room, heard, guest } = occupied(0);
    expect(room.enter(guest('b', 5))).toBe(true);
    expect(heard).toEqual(['a', 'b']);
  });

  test('lets the others in in the order they came, as others leave', () => {
    const { room, heard, guest } = occupied();
    expect([room.enter(guest('b', 6)), room.enter(guest('c', 1))]).toEqual([false, false]);
    expect([heard, room.waiting]).toEqual([['a'], 2]);
    room.leave(1, 10);
    expect(heard).toEqual(['a', 'b', 'c']);
    expect([room.items, room.bytes, room.waiting]).toEqual([2, 7, 0]);
  });

  test('lets nobody overtake who would fit while another waits', () => {
    const { room, heard, guest } = occupied(5);
    room.enter(guest('large', 6));
    room.enter(guest('small', 1));
    expect(heard).toEqual(['a']);
    room.leave(1, 5);
    expect(heard).toEqual(['a', 'large', 'small']);
  });

  test('admits whoever leaves room within their admission', () => {
    const { room, heard, guest } = occupied();
    room.enter({ ...guest('passing', 10), admit: () => room.leave(1, 10) });
    room.enter(guest('b', 10));
    room.leave(1, 10);
    expect(heard).toEqual(['a', 'b']);
  });

  test('forgets who gives up, and admits whoever fits then', () => {
    const { room, heard, guest } = occupied(5);
    const large = guest('large', 6);
    room.enter(large);
    room.enter(guest('small', 1));
    room.giveUp(large);
    expect(heard).toEqual(['a', 'small']);
    expect(room.waiting).toBe(0);
  });

  test('giving up after the admission changes nothing', () => {
    const { room, heard, guest } = occupied();
    const late = guest('b', 1);
    room.enter(late);
    room.leave(1, 10);
    room.giveUp(late);
    expect([heard, room.items]).toEqual([['a', 'b'], 1]);
  });

  test('closed, turns away who waits, but not who comes later', () => {
    const { room, heard, guest } = occupied();
    room.enter(guest('b', 1));
    room.close('closing');
    expect(heard).toEqual(['a', 'no b: closing']);
    room.enter(guest('c', 1));
    room.leave(1, 10);
    expect(heard).toEqual(['a', 'no b: closing', 'c']);
  });
});

/** With one item, `a`, in it, and room for ten bytes. */
function occupied(bytes = 10) {
  const heard: string[] = [];
  const room = new Room(10, 10);
  const guest = (name: string, size: number) => ({
    bytes: size,
    admit: () => void heard.push(name),
    reject: (reason: unknown) => void heard.push(`no ${name}: ${reason}`),
  });
  room.enter(guest('a', bytes));
  return { room, heard, guest };
}
