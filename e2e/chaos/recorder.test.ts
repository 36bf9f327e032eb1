import { request } from 'node:http';
import { expect, test } from 'vitest';
import type { Fact } from './facts.js';
import { startRecorder } from './recorder.js';

const HEALED: Fact = { is: 'healed' };
const promised = (seq: number): Fact => ({ is: 'promised', producer: 'one', seq });

test('what it is told is in the history before it answers', async () => {
  await using recorder = await startRecorder();
  const { ok } = await fetch(recorder.url, { method: 'POST', body: JSON.stringify([promised(0), promised(1)]) });
  expect([ok, recorder.history]).toEqual([true, [promised(0), promised(1)]]);
});

test('what pages and this process tell stands in the order of its coming', async () => {
  await using recorder = await startRecorder();
  recorder.tell(promised(0));
  await fetch(recorder.url, { method: 'POST', body: JSON.stringify([promised(1)]) });
  recorder.tell(HEALED);
  expect(recorder.history).toEqual([promised(0), promised(1), HEALED]);
});

test('who dies while speaking has said nothing', async () => {
  await using recorder = await startRecorder();
  const dying = request(recorder.url, { method: 'POST', headers: { 'content-length': 1000 } });
  dying.write(JSON.stringify([promised(0)]));
  dying.once('socket', (socket) => socket.once('ready', () => dying.destroy()));
  await new Promise((resolve) => dying.once('error', resolve));
  await fetch(recorder.url, { method: 'POST', body: JSON.stringify([promised(1)]) });
  expect(recorder.history).toEqual([promised(1)]);
});

test('waiting ends when something comes true, and when it does not in time', async () => {
  await using recorder = await startRecorder();
  const coming = recorder.until((history) => history.length === 2, 60_000);
  recorder.tell(promised(0));
  recorder.tell(promised(1));
  expect(await coming).toBe(true);
  expect(await recorder.until((history) => history.length === 3, 1)).toBe(false);
});
