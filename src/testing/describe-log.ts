import { inTime } from './expect.js';
import type { LogSubject } from './log.js';
import { appending } from './log-cases/appending.js';
import { cursors } from './log-cases/cursors.js';
import { duplicates } from './log-cases/duplicates.js';
import { ending } from './log-cases/ending.js';
import { refusing } from './log-cases/refusing.js';
import { replaying } from './log-cases/replaying.js';
import { retaining } from './log-cases/retaining.js';
import { type LogCase, LogScene } from './log-scene.js';
import { finishing } from './play.js';
import type { TestRunner } from './shim.js';

const CHAPTERS: readonly ((subject: LogSubject) => readonly LogCase[])[] = [
  appending,
  replaying,
  cursors,
  duplicates,
  retaining,
  ending,
  refusing,
];

const PLAY_MS = 50_000;
const TEST_MS = 60_000;

/**
 * Defines one test for each thing that a log must do, beside what `describeShim` asks of its publishers and subscribers. Each opens a log of its own, and
 * says what it waited for when nothing comes for 10 seconds. Without a `runner`, the global `describe` and `it` are used.
 */
export function describeLog(name: string, subject: LogSubject, runner: TestRunner = globalThis as unknown as TestRunner): void {
  const { describe, it } = runner;
  if (typeof describe !== 'function' || typeof it !== 'function')
    throw new TypeError('describeLog needs describe and it: pass them as the third argument');
  describe(`${name} as a log`, () => {
    for (const { does, wish = {}, plays } of CHAPTERS.flatMap((chapter) => chapter(subject))) {
      it(
        does,
        async () => {
          const scene = new LogScene(subject, wish);
          await finishing(inTime(plays(scene), `it ${does}`, PLAY_MS), () => scene.close());
        },
        TEST_MS,
      );
    }
  });
}
