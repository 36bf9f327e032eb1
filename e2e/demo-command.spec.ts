/** What the README has a newcomer type. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from '@playwright/test';
import { open, play } from './demo-tabs.js';

test('npm run demo says where it is, and has pages and a broker there', async ({ context }) => {
  await using demo = await startDemo();
  const board = await open(context, `${demo.url}board.html?wire=mqtt`);
  const replay = await open(context, `${demo.url}replay.html?wire=mqtt`);
  await expect(board.news).toHaveText('Listening.');

  await play(replay, '6 hours/s');

  await expect.poll(() => board.count('drawn')).toBeGreaterThan(10);
});

async function startDemo(): Promise<AsyncDisposable & { readonly url: string }> {
  const command = spawn('npm', ['run', 'demo', '--', '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  const stop = async () => {
    const over = once(command, 'exit');
    process.kill(-(command.pid as number)); // npm, and what it has started
    await over;
  };
  for await (const line of createInterface(command.stdout)) {
    const [, url] = /Local:\s+(http:\S+)/.exec(stripVTControlCharacters(line)) ?? [];
    if (url) {
      command.stdout.resume();
      return { url, [Symbol.asyncDispose]: stop };
    }
  }
  throw new Error('npm run demo ended without saying where it is');
}
