import { describe, expect, test } from 'vitest';
import { reasonOf, stateOf } from './fixtures/promises.js';
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
    const admitted: string[] = [];
    expect(new Room(1, 10).enter(5, () => admitted.push('a'))).toBeUndefined();
    expect(admitted).toEqual(['a']);
  });

  test('lets the others in in the order they came, as others leave', async () => {
    const { room, admitted, enter } = occupied();
    const waiting = [enter('b', 6), enter('c', 1)];
    expect(room.waiting).toBe(2);
    room.leave(1, 10);
    await Promise.all(waiting);
    expect(admitted).toEqual(['a', 'b', 'c']);
    expect([room.items, room.bytes, room.waiting]).toEqual([2, 7, 0]);
  });

  test('lets nobody overtake who would fit while another waits', async () => {
    const { room, admitted, enter } = occupied(5);
    const large = enter('large', 6);
    const small = enter('small', 1);
    expect([await stateOf(large), await stateOf(small)]).toEqual(['pending', 'pending']);
    room.leave(1, 5);
    await Promise.all([large, small]);
    expect(admitted).toEqual(['a', 'large', 'small']);
  });

  test('admits whoever leaves room within their admission', async () => {
    const { room, admitted, enter } = occupied();
    const passing = room.enter(10, () => room.leave(1, 10));
    const next = enter('b', 10);
    room.leave(1, 10);
    await Promise.all([passing, next]);
    expect(admitted).toEqual(['a', 'b']);
  });

  test('forgets who gives up, and admits whoever fits then', async () => {
    const { room, admitted, enter } = occupied(5);
    const controller = new AbortController();
    const large = enter('large', 6, controller.signal);
    const small = enter('small', 1);
    controller.abort('no longer');
    expect(await reasonOf(large)).toBe('no longer');
    await small;
    expect(admitted).toEqual(['a', 'small']);
    expect(room.waiting).toBe(0);
  });

  test('an abort after the admission changes nothing', async () => {
    const { room, admitted, enter } = occupied();
    const controller = new AbortController();
    const waiting = enter('b', 1, controller.signal);
    room.leave(1, 10);
    controller.abort('too late');
    await waiting;
    expect([admitted, room.items]).toEqual([['a', 'b'], 1]);
  });

  test('turns a signal away that is aborted already', () => {
    const room = new Room(1, 10);
    expect(() => room.enter(1, () => {}, AbortSignal.abort(new Error('before')))).toThrow('before');
    expect(room.items).toBe(0);
  });

  test('closed, turns away who waits, but not who comes later', async () => {
    const { room, enter } = occupied();
    const waiting = enter('b', 1);
    room.close('closing');
    expect(await reasonOf(waiting)).toBe('closing');
    const later = enter('c', 1);
    room.leave(1, 10);
    await later;
  });
});

/** With one item, `a`, in it, and room for ten bytes. */
function occupied(bytes = 10) {
  const admitted: string[] = [];
  const room = new Room(10, 10);
  const enter = async (name: string, size: number, signal?: AbortSignal) => room.enter(size, () => admitted.push(name), signal);
  void enter('a', bytes);
  return { room, admitted, enter };
}
