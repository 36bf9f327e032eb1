import { acknowledgement } from './cases/acknowledgement.js';
import type { Case } from './cases/case.js';
import { delivery } from './cases/delivery.js';
import { hostile } from './cases/hostile.js';
import { lifecycle } from './cases/lifecycle.js';
import { payloads } from './cases/payloads.js';
import { sessions } from './cases/sessions.js';
import { slowConsumer } from './cases/slow-consumer.js';
import { streams } from './cases/streams.js';
import { topics } from './cases/topics.js';
import { inTime } from './expect.js';
import { finishing } from './play.js';
import { Scene } from './scene.js';
import type { Shim, ShimSupport, TestRunner } from './shim.js';

const CHAPTERS: readonly ((supports: ShimSupport, shim: Shim) => readonly Case[])[] = [
  payloads,
  delivery,
  topics,
  lifecycle,
  acknowledgement,
  sessions,
  slowConsumer,
  hostile,
  streams,
];

const PLAY_MS = 50_000;
const TEST_MS = 60_000;

/**
 * Defines one test for each thing that a shim must do, given what it says it supports. Each opens a world of its own, and says what it waited for
 * when nothing comes for 10 seconds; on a slow wire the longest may take longer than the usual limit of a test, which it asks to be a minute.
 * Without a `runner`, the global `describe` and `it` are used.
 */
export function describeShim(name: string, shim: Shim, runner: TestRunner = globalThis as unknown as TestRunner): void {
  const { describe, it } = runner;
  if (typeof describe !== 'function' || typeof it !== 'function')
    throw new TypeError('describeShim needs describe and it: pass them as the third argument');
  describe(`${name} as a shim`, () => {
    for (const { does, buffer = {}, plays } of CHAPTERS.flatMap((chapter) => chapter(shim.supports, shim))) {
      it(
        does,
        async () => {
          const scene = await Scene.open(shim, buffer);
          await finishing(inTime(plays(scene), `it ${does}`, PLAY_MS), () => scene.close());
        },
        TEST_MS,
      );
    }
  });
}
