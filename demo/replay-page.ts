/** The replay's page: its buttons, its clock, and one run after the other. */
import { Stage } from './one-replay.js';
import { connectionSign, count, find, query, wireSwitch, write } from './page.js';
import { Player } from './player.js';
import { loadWeek, type Quake } from './quake.js';
import { openReplay, topicOf } from './replay.js';
import source from './replay.ts?raw';
import { SeismogramSender } from './seismogram-sender.js';
import { openPublisher, type Wire } from './transport.js';
import { WeekChart } from './week-chart.js';

type Publisher = ReturnType<typeof openPublisher>;

class Run {
  given = 0;
  readonly player: Player;
  readonly #replay: ReturnType<typeof openReplay>;
  readonly #seismograms: SeismogramSender;
  readonly #onEnd: () => void;
  #ending: Promise<void> | undefined;

  constructor(week: readonly Quake[], topics: readonly string[], publisher: Publisher, wire: Wire, onEnd: () => void) {
    this.#onEnd = onEnd;
    this.#replay = openReplay(publisher, topics);
    this.#seismograms = new SeismogramSender(publisher, wire);
    this.player = new Player(
      week,
      (quake) => {
        this.given++;
        this.#seismograms.offer(quake);
        return this.#replay.publish(quake).catch((error) => say(`Could not publish: ${error.message}`));
      },
      () => void this.end(),
    );
  }

  get stats() {
    return this.#replay.stats;
  }

  /** Ends the stream, if anything of it was sent. */
  end(): Promise<void> {
    this.player.status = 'ended';
    this.#onEnd();
    this.#seismograms.end();
    this.#ending ??= this.given > 0 ? this.#replay.end().then(() => say(OVER), complain) : Promise.resolve();
    return this.#ending;
  }
}

const OVER = 'End of stream. Every board has been told.';
const buttons = { play: find<HTMLButtonElement>('#play'), restart: find<HTMLButtonElement>('#restart') };
const figures = {
  clock: find('#clock'),
  sent: find('#sent'),
  waiting: find('#waiting'),
  messages: find('#messages'),
  rate: find('#rate'),
};
const progress = find<HTMLProgressElement>('progress');

function say(words: string): void {
  write(find('#news'), words);
}

function complain(error: Error): void {
  say(`The end of the stream could not be published: ${error.message}`);
}

async function main(): Promise<void> {
  write(find('#code'), source);
  const week = await loadWeek();
  const topics = [...new Set(week.map(topicOf))];
  const chart = new WeekChart(find('#chart'), find('#days'), week);
  const speed = () => Number(find<HTMLInputElement>('input[name="speed"]:checked').value);
  let publisher: Publisher | undefined;
  let wire: Wire = 'tabs';
  let run: Run | undefined;
  let chosen = 0;

  const stage = new Stage(() => {
    run?.player.pause();
    say('Paused: another tab has started a replay.');
  });
  const newRun = (on: Publisher) => {
    run = new Run(week, topics, on, wire, () => stage.leave());
    run.player.speed = speed();
    say(`${count(week.length)} earthquakes of one week are ready.`);
    show(run, chart);
    return run;
  };
  const play = async (politely = false) => {
    if (!run || !publisher) return;
    const current = run.player.status === 'ended' ? newRun(publisher) : run;
    if (!(await stage.take({ politely }))) return say('Another tab is playing. Start takes over from it.');
    current.player.play();
    say('Publishing.');
  };
  const restart = async () => {
    const former = run;
    await former?.end();
    if (former === run && publisher) newRun(publisher);
    await play();
  };
  const sign = connectionSign(say);

  wireSwitch(async (chosenWire) => {
    const [former, old] = [run, publisher];
    wire = chosenWire;
    chosen++;
    const mine = chosen;
    publisher = openPublisher(wire, (connection) => mine === chosen && sign(connection));
    newRun(publisher);
    await former?.end();
    await old?.close();
  });
  buttons.play.addEventListener('click', () => {
    if (run?.player.status !== 'playing') return play();
    run.player.pause();
    say('Paused.');
  });
  buttons.restart.addEventListener('click', restart);
  for (const radio of document.querySelectorAll<HTMLInputElement>('input[name="speed"]')) {
    radio.addEventListener('change', () => {
      if (run) run.player.speed = speed();
    });
  }
  // Boards would go on waiting for a page that is gone. Best effort: over MQTT the page is too late to send.
  addEventListener('pagehide', () => run?.end());
  new Worker(new URL('./ticker.ts', import.meta.url), { type: 'module' }).onmessage = () => run?.player.tick();
  setInterval(() => run && show(run, chart), 100);

  const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
  if (query.has('autoplay') && !still) await play(true);
}

const LABELS = { ready: 'Start', playing: 'Pause', paused: 'Resume', ended: 'Play again' };
const pace = { at: performance.now(), events: 0 };

function show({ player, stats, given }: Run, chart: WeekChart): void {
  write(buttons.play, LABELS[player.status]);
  buttons.play.disabled = false;
  buttons.restart.disabled = player.status === 'ready' || player.status === 'ended';
  write(figures.clock, new Date(player.clock).toLocaleString('en-GB', { ...CLOCK, timeZone: 'UTC' }));
  write(figures.sent, count(stats.events));
  write(figures.waiting, count(given - stats.events));
  write(figures.messages, count(stats.batches));
  progress.value = player.progress;
  chart.show(player.clock);
  const now = performance.now();
  if (now - pace.at < 950) return;
  write(figures.rate, count((Math.max(0, stats.events - pace.events) * 1000) / (now - pace.at)));
  Object.assign(pace, { at: now, events: stats.events });
}

const CLOCK = { weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' } as const;

main().catch((error) => say(`${error.message}. Reload the page to try again.`));
