/** How many earthquakes each hour of the week had, and how far the replay has come. */
import type { Quake } from './quake.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const HEIGHT = 40;

export class WeekChart {
  readonly #from: number;
  readonly #to: number;
  readonly #played: SVGRectElement;

  constructor(svg: SVGSVGElement, days: HTMLElement, week: readonly Quake[]) {
    this.#from = Math.floor((week[0]?.time ?? 0) / HOUR) * HOUR;
    this.#to = Math.ceil((week.at(-1)?.time ?? 0) / HOUR) * HOUR;
    const hours = new Array<number>((this.#to - this.#from) / HOUR).fill(0);
    for (const { time } of week) (hours[Math.floor((time - this.#from) / HOUR)] as number)++;
    svg.setAttribute('viewBox', `0 0 ${hours.length} ${HEIGHT}`);
    for (const bars of svg.querySelectorAll('path')) bars.setAttribute('d', outline(hours));
    this.#played = svg.querySelector('clipPath rect') as SVGRectElement;
    this.#played.setAttribute('height', String(HEIGHT));
    days.replaceChildren(...this.#labels());
  }

  show(time: number): void {
    this.#played.setAttribute('width', String(Math.max(0, (time - this.#from) / HOUR)));
  }

  *#labels(): Generator<HTMLElement> {
    // A label needs half a day's room.
    for (let day = Math.ceil(this.#from / DAY) * DAY; day < this.#to - DAY / 2; day += DAY) {
      const label = document.createElement('span');
      label.style.left = `${(100 * (day - this.#from)) / (this.#to - this.#from)}%`;
      label.textContent = new Date(day).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
      yield label;
    }
  }
}

function outline(hours: readonly number[]): string {
  const most = Math.max(...hours);
  return hours.map((quakes, hour) => bar(hour, (HEIGHT * quakes) / most)).join('');
}

function bar(hour: number, height: number): string {
  return `M${hour + 0.15} ${HEIGHT}v${-height.toFixed(2)}h.7v${height.toFixed(2)}z`;
}
