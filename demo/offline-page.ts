/** The desk: sends reports, cuts this browser off, opens and closes the reader, and tells how the story stands. */
import { Backlog } from './backlog.js';
import { Inspector } from './inspector.js';
import { connectionSign, count, find, query, wireLinks, write } from './page.js';
import { loadWeek } from './quake.js';
import { ReaderPlace } from './reader-place.js';
import { openReports, reportTo } from './reports.js';
import source from './reports.ts?raw';
import { Story } from './story.js';
import { openPost } from './transport.js';
import { goOffline, goOnline, isOnline, nextNumbers, numbersGiven, topicOf, visitor } from './visitor.js';

const LOOK_MS = 400;
const offline = find<HTMLButtonElement>('#offline');
const state = { readerOpen: true, offline: false, connected: false, waiting: 0, lag: 0 };
const story = new Story<typeof state>([
  { id: 'step-close', done: ({ readerOpen }) => !readerOpen },
  { id: 'step-offline', done: ({ offline }) => offline },
  { id: 'step-send', done: ({ waiting }) => waiting > 0 },
  { id: 'step-online', done: ({ offline, waiting, lag }) => !offline && waiting === 0 && lag > 0 },
  { id: 'step-open', done: ({ readerOpen, lag }) => readerOpen && lag === 0 },
]);
const backlog = new Backlog();

function say(words: string): void {
  write(find('#news'), words);
}

function show(): void {
  write(find('#sent'), count(numbersGiven()));
  write(find('#lag'), count(state.lag));
  backlog.show(state.waiting, state.connected);
  offline.ariaChecked = String(state.offline);
  story.look(state);
  find<HTMLElement>('#story-end').hidden = !story.over;
}

async function main(): Promise<void> {
  write(find('#code'), source);
  wireLinks();
  const topic = topicOf(visitor());
  const sign = connectionSign(say);
  const post = openPost(topic, `reader-${visitor()}`, (connection) => {
    state.connected = connection.tone === 'good';
    sign(connection);
    show();
  });
  const [log, week] = [await openReports(), await loadWeek()];
  const send = reportTo(log, post.publisher, topic);
  // Receives for the reader also while that is closed.
  const inbox = log.inbox(post.subscriber, { inbox: 'reports' });
  new Inspector(log);
  const reader = new ReaderPlace((open) => {
    state.readerOpen = open;
    show();
  });

  log.onStatus(({ outbox, cursors }) => {
    state.waiting = outbox.backlog;
    state.lag = cursors.find(({ name }) => name === 'reader')?.lag ?? 0;
    show();
  });
  setInterval(() => {
    // What other tabs do shows only to who looks.
    log.refresh().catch((error) => say(`The log cannot be read: ${error.message}`));
    void reader.look();
  }, LOOK_MS);
  state.offline = !query.has('broker') && !(await isOnline());
  show();
  // What comes before its first subscription a broker keeps for nobody. Who is offline was here before.
  if (!state.offline) await inbox.ready();
  for (const button of document.querySelectorAll<HTMLButtonElement>('[data-send]')) {
    button.disabled = false;
    button.addEventListener('click', async () => {
      const numbers = nextNumbers(Number(button.dataset.send));
      const sending = numbers.map((no) => {
        const { mag, place } = week[no % week.length] ?? { mag: 0, place: '' };
        return send({ no, mag, place });
      });
      await Promise.all(sending).catch((error) => say(`Not stored: ${error.message}`));
    });
  }
  find('#again').addEventListener('click', () => {
    story.restart();
    show();
    offline.focus();
  });
  followSwitch();
  say('Ready: everything sent is stored.');
}

/** The switch is at the demo's server, which cannot cut off from a broker that is not its own. */
function followSwitch(): void {
  if (query.has('broker')) {
    write(find('#offline-words'), "Only the demo's own broker can be cut off, and the address names another.");
    return;
  }
  offline.disabled = false;
  offline.addEventListener('click', async () => {
    const off = !state.offline;
    try {
      await (off ? goOffline() : goOnline());
      state.offline = off;
      // What a browser says when its network is back: nobody waits for the next attempt then.
      if (!off) dispatchEvent(new Event('online'));
    } catch (error) {
      say(`The switch does not work: ${(error as Error).message}`);
    }
    show();
  });
}

main().catch((error) => say(`This does not work here: ${error.message}`));
