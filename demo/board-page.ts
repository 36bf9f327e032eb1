/** A board's page: its switch, its slider, its meters. */

import { watch } from './board.js';
import source from './board.ts?raw';
import { type BoardPhase, View } from './board-view.js';
import { redraw } from './canvas.js';
import { milliseconds, STEP_MS } from './latency.js';
import { drawLatency } from './latency-plot.js';
import { connectionSign, count, find, wireSwitch, write } from './page.js';
import { followSeismograms } from './seismogram-list.js';
import { inWords } from './strongest.js';
import { openSubscriber } from './transport.js';
import { WorldMap } from './world-map.js';

const elements = {
  box: find<HTMLElement>('#map'),
  summary: find<HTMLElement>('#map-summary'),
  pointed: find<HTMLElement>('#pointed'),
  magnitude: find<HTMLInputElement>('#magnitude'),
  clear: find<HTMLButtonElement>('#clear'),
  plot: find<HTMLCanvasElement>('#plot'),
  strongest: find<HTMLElement>('#strongest'),
};
const EVERYTHING = Number(elements.magnitude.min);
const sign = connectionSign(say);
const map = new WorldMap(elements.box);
let view: View | undefined;

function say(words: string): void {
  write(find('#news'), words);
}

function minimum(): number {
  const mag = elements.magnitude.valueAsNumber;
  return mag === EVERYTHING ? Number.NEGATIVE_INFINITY : mag;
}

function showPhase(phase: BoardPhase): void {
  document.body.dataset.phase = phase;
  if (phase === 'streaming') say('Earthquakes are coming in.');
  if (phase === 'ended' && view?.stats) {
    showCounts();
    say(`End of stream. ${count(view.stats.events)} drawn, ${count(view.stats.dropped)} dropped by the filter.`);
  }
}

function showMinimum(): void {
  const mag = minimum();
  map.minimum = mag;
  if (view) view.minimum = mag;
  const words = Number.isFinite(mag) ? `${mag.toFixed(1)} and over` : 'all';
  write(find('#magnitude-words'), words);
  elements.magnitude.setAttribute('aria-valuetext', words);
}

/** One wire until the next is chosen. */
function listen(wire: Parameters<typeof openSubscriber>[0]): () => void {
  const mine = new View(map, minimum(), showPhase);
  view = mine;
  const unfollow = followSeismograms(wire);
  const subscriber = openSubscriber(wire, 'quakes/+', (connection) => view === mine && sign(connection));
  map.clear();
  mine.strongest.show(elements.strongest);
  showPhase('listening');
  say('Connecting.');
  subscriber.ready().then(() => view === mine && mine.phase === 'listening' && say('Listening.'), fail);
  watch(subscriber, mine).catch(fail);
  function fail(error: Error) {
    if (view === mine && mine.open) say(`The board has stopped: ${error.message}`);
  }
  return () => {
    mine.open = false;
    unfollow();
    void subscriber.close();
  };
}

/** Returns the number of events that came. */
function showCounts(): number {
  const { events = 0, dropped = 0, gaps = 0, invalid = 0, duplicates = 0 } = view?.stats ?? {};
  for (const [name, value] of Object.entries({ drawn: events, dropped, gaps, invalid, duplicates })) write(find(`#${name}`), count(value));
  return events + dropped;
}

function showMeters(): void {
  if (!view) return;
  const rate = rateOf(showCounts());
  if (rate !== undefined) write(find('#rate'), count(rate));
  view.latency.turn();
  const recent = view.latency.recent();
  write(find('#p50'), recent ? milliseconds(recent.p50) : '–');
  write(find('#p99'), recent ? milliseconds(recent.p99) : '–');
  drawLatency(elements.plot, view.latency);
  view.strongest.show(elements.strongest);
  const { first } = view.strongest;
  write(elements.summary, `World map with ${count(view.stats?.events ?? 0)} earthquakes. ${first ? `Strongest: ${inWords(first)}.` : ''}`);
}

const pace = { at: performance.now(), events: 0 };

/** Per second, about once a second. */
function rateOf(events: number): number | undefined {
  const now = performance.now();
  if (now - pace.at < 950) return undefined;
  const rate = (Math.max(0, events - pace.events) * 1000) / (now - pace.at);
  Object.assign(pace, { at: now, events });
  return rate;
}

let leave = () => {};
write(find('#code'), source);
wireSwitch((wire) => {
  leave();
  leave = listen(wire);
});
showMinimum();
elements.magnitude.addEventListener('input', showMinimum);
elements.clear.addEventListener('click', () => {
  leave();
  leave = listen(find<HTMLInputElement>('input[name="wire"]:checked').value as 'tabs');
});
elements.box.addEventListener('pointermove', ({ clientX, clientY }) => {
  const { left, top } = elements.box.getBoundingClientRect();
  const quake = map.at(clientX - left, clientY - top);
  write(elements.pointed, quake ? inWords(quake) : '');
});
elements.box.addEventListener('pointerleave', () => write(elements.pointed, ''));
redraw(elements.plot, () => view && drawLatency(elements.plot, view.latency));
setInterval(showMeters, STEP_MS);
map.load().catch((error) => say(`${error.message}. The earthquakes come all the same.`));
