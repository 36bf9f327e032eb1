/** The page of the filters: its switch, its sliders, its meters. */
import { redraw } from './canvas.js';
import { openConsumer, openFilter, type Thread } from './filters.js';
import source from './filters.ts?raw';
import { explanationRows, FiltersView } from './filters-view.js';
import { drawFrames, FrameHistory, STEP_MS } from './frame-plot.js';
import { eventsPerMessage, Load } from './load.js';
import { Pace } from './pace.js';
import { count, find, wireLinks, write } from './page.js';
import { PLACES } from './places.js';
import type { Reach } from './quake-rules.js';
import { Smoothness } from './smoothness.js';
import { WorldMap } from './world-map.js';

/** Events per second. */
const RATES = [0, 100, 1000, 2000, 5000, 10_000, 20_000, 30_000, 40_000, 50_000, 60_000, 80_000, 100_000];
/** Kilometres. */
const REACHES = [10, 20, 50, 100, 200, 300, 500, 1000];
/** What is said of a loss stays for so long. */
const LOSS_MS = 2000;

const sliders = { load: slider('load'), magnitude: slider('magnitude'), distance: slider('distance') };
const plot = find<HTMLCanvasElement>('#plot');
const map = new WorldMap(find('#map'));
const load = new Load(({ message }) => say(`No load comes: ${message}`));
const subscriber = load.subscriber();
const smoothness = new Smoothness();
const history = new FrameHistory();
const coming = new Pace<'incoming'>();
const filtering = new Pace<'rate'>();
let thread: Thread = 'worker';
let rate = 0;
let view: FiltersView | undefined;
let stop = async () => {};
let turn = Promise.resolve();
/** What had been dropped before the last choice, what has been since, and when that was last seen to grow. */
let loss = { dropped: 0, messages: 0, at: Number.NEGATIVE_INFINITY };

function slider(name: string): HTMLInputElement {
  return find(`#${name}`);
}

function chosen<T extends string>(name: string): T {
  return find<HTMLInputElement>(`input[name="${name}"]:checked`).value as T;
}

function say(words: string): void {
  write(find('#news'), words);
}

/** What waits for the old filter is for the new one. */
function apply(): void {
  showChoice();
  turn = turn.then(begin).catch(({ message }) => say(`The page has stopped: ${message}`));
}

async function begin(): Promise<void> {
  await stop();
  thread = chosen<Thread>('thread');
  rate = RATES[sliders.load.valueAsNumber] ?? 0;
  const from = chosen<Reach['from']>('places');
  const filter = openFilter(thread, { mag: minimum(), km: reach(), from });
  const consumer = openConsumer(subscriber, filter);
  view = new FiltersView(consumer.stats, filter, from);
  stop = () => consumer.close({ subscriber: false });
  map.clear();
  smoothness.forget();
  filtering.restart();
  loss = { dropped: subscriber.dropped, messages: 0, at: Number.NEGATIVE_INFINITY };
  view.draw(consumer, map).catch(({ message }) => say(`The page has stopped: ${message}`));
  await subscriber.ready();
  load.rate = rate;
}

function minimum(): number {
  const mag = sliders.magnitude.valueAsNumber;
  return mag === Number(sliders.magnitude.min) ? Number.NEGATIVE_INFINITY : mag;
}

function reach(): number {
  return REACHES[sliders.distance.valueAsNumber] ?? 0;
}

function showChoice(): void {
  const words = {
    load: `${count(RATES[sliders.load.valueAsNumber] ?? 0)} events/s`,
    magnitude: Number.isFinite(minimum()) ? `${minimum().toFixed(1)} and over` : 'all',
    distance: `up to ${count(reach())} km`,
  };
  for (const [name, text] of Object.entries(words)) {
    write(find(`#${name}-words`), text);
    sliders[name as keyof typeof words].setAttribute('aria-valuetext', text);
  }
}

function showMeters(): void {
  if (!view) return;
  const { events, dropped, filterErrors } = view.stats;
  const { explanation } = view;
  const frames = smoothness.framesPerSecond;
  const ms = smoothness.longestTask;
  history.add({ frames, thread });
  drawFrames(plot, history);
  write(find('#frames'), count(frames));
  write(find('#longest'), ms > 0 ? `${count(ms)} ms` : `< ${smoothness.leastMs} ms`);
  const now = performance.now();
  // What finds no room is known at once; its gap reaches the consumer only behind all that waits.
  const messages = subscriber.dropped - loss.dropped;
  if (messages > loss.messages) loss = { ...loss, messages, at: now };
  const [judged, lost] = [events + dropped, messages * eventsPerMessage(rate)];
  const perSecond = { ...coming.of({ incoming: load.published }), ...filtering.of({ rate: judged }) };
  for (const [name, value] of Object.entries({ ...perSecond, judged, dropped, kept: events, lost })) write(find(`#${name}`), count(value));
  find('#explanation').replaceChildren(...explanationRows(explanation));
  view.list(find('#latest'));
  write(find('#map-summary'), `World map of the ${count(events)} earthquakes kept`);
  showThread(explanation.runs);
  if (filterErrors > 0) say(`The filters failed on ${count(filterErrors)} events, which were kept.`);
  else if (now - loss.at < LOSS_MS) say('More comes than one thread can filter: the oldest events are lost, and counted.');
  else say(rate > 0 ? 'Every event is filtered.' : 'No load.');
}

function showThread(runs: Thread): void {
  const sign = find<HTMLElement>('#thread');
  const alone = runs === 'page' && thread === 'worker';
  sign.dataset.tone = alone ? 'bad' : runs === 'page' ? 'busy' : 'good';
  const words = runs === 'worker' ? 'Filtering in a worker' : 'Filtering on this page';
  write(sign, alone ? `${words}: no worker starts here` : words);
}

write(find('#code'), source);
write(find('#airports'), `${count(PLACES.airports.length)} airports`);
write(find('#cities'), `${count(PLACES.cities.length)} cities`);
find<HTMLElement>('#estimated').hidden = smoothness.exact;
sliders.load.max = String(RATES.length - 1);
sliders.distance.max = String(REACHES.length - 1);
wireLinks();
for (const input of document.querySelectorAll('input')) {
  input.addEventListener('input', showChoice);
  input.addEventListener('change', apply);
}
redraw(plot, () => drawFrames(plot, history));
setInterval(showMeters, STEP_MS);
apply();
map.load().catch(({ message }) => say(`${message}. The earthquakes come all the same.`));
