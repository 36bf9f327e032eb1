/** The strongest earthquakes so far, as a list: the map in words. */
import type { Quake } from './quake.js';

const LENGTH = 5;

export class Strongest {
  #quakes: Quake[] = [];
  #changed = true;

  add(quake: Quake): void {
    const last = this.#quakes.at(-1);
    if (this.#quakes.length >= LENGTH && last && last.mag >= quake.mag) return;
    if (this.#quakes.some(({ id }) => id === quake.id)) return;
    this.#quakes = [...this.#quakes, quake].sort((a, b) => b.mag - a.mag).slice(0, LENGTH);
    this.#changed = true;
  }

  clear(): void {
    this.#quakes = [];
    this.#changed = true;
  }

  get first(): Quake | undefined {
    return this.#quakes[0];
  }

  show(list: HTMLElement): void {
    if (!this.#changed) return;
    this.#changed = false;
    list.replaceChildren(...this.#quakes.map(row));
  }
}

/** `M 6.4 · 22km NNE of Hualian, Taiwan · 6 Feb, 15:50` */
export function inWords({ mag, place, time }: Quake): string {
  return `M ${mag.toFixed(1)} · ${place} · ${when(time)}`;
}

function when(time: number): string {
  return new Date(time).toLocaleString('en-GB', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', timeZone: 'UTC' });
}

function row({ mag, place, time }: Quake): HTMLElement {
  const item = document.createElement('li');
  const add = (element: 'b' | 'span' | 'time', text: string) => {
    item.appendChild(document.createElement(element)).textContent = text;
  };
  add('b', mag.toFixed(1));
  add('span', place);
  add('time', when(time));
  return item;
}
