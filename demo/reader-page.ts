/** The reader's page: counts what it is given, also over several visits, and says what came while it was closed. */
import { count, find, wireLinks, write } from './page.js';
import { openReports, type Report, readReports } from './reports.js';
import { openPost } from './transport.js';
import { READER, topicOf, visitor } from './visitor.js';

const KEY = 'proxystream-demo-reader';
const LATEST = 8;

/** Kept over visits, like the cursor. */
const seen: { read: number; last: number; missing: number; again: number } = {
  ...{ read: 0, last: 0, missing: 0, again: 0 },
  ...JSON.parse(localStorage.getItem(KEY) ?? '{}'),
};
/** Sent before this page was opened. */
let missed = 0;
const latest: Report[] = [];
let changed = false;

function say(words: string): void {
  write(find('#news'), words);
}

function note(report: Report, sent: number): void {
  const { no } = report;
  if (no <= seen.last) seen.again++;
  else {
    seen.missing += no - seen.last - 1;
    seen.last = no;
    seen.read++;
    if (sent < performance.timeOrigin) missed++;
    latest.unshift(report);
    latest.length = Math.min(latest.length, LATEST);
  }
  localStorage.setItem(KEY, JSON.stringify(seen));
  changed = true;
}

function show(): void {
  if (changed) {
    for (const [name, value] of Object.entries({ read: seen.read, missing: seen.missing, again: seen.again }))
      write(find(`#${name}`), count(value));
    find('#reports').replaceChildren(...latest.map(row));
    say(missed > 0 ? `${count(missed)} came while this reader was closed.` : 'Reading.');
  }
  changed = false;
  requestAnimationFrame(show);
}

function row({ no, mag, place }: Report): HTMLElement {
  const item = document.createElement('li');
  item.value = no;
  item.textContent = `M ${mag.toFixed(1)} · ${place}`;
  return item;
}

async function main(): Promise<void> {
  wireLinks();
  const post = openPost(topicOf(visitor()), `reader-${visitor()}`, () => {});
  const log = await openReports();
  changed = true;
  show();
  say('Another tab is reading. This one is next in line.');
  // Held while this page reads: the desk looks whether anybody does.
  await navigator.locks.request(READER, async () => {
    say('Reading.');
    await readReports(log, post.subscriber, (report, { sent }) => note(report, sent));
  });
}

main().catch((error) => say(`Nothing can be read: ${error.message}`));
