/** What becomes of the quakes that are kept, and what the filters have done since they were chosen. */
import type { StreamConsumer } from 'proxystream';
import { type Explanation, explain, type Filter } from 'proxystream/filters';
import type { Quake } from './quake.js';
import { nearest, type QuakeFacts, type Reach } from './quake-rules.js';
import type { WorldMap } from './world-map.js';

const LATEST = 5;

export class FiltersView {
  readonly stats: StreamConsumer<Quake>['stats'];
  readonly #filter: Filter<QuakeFacts>;
  readonly #from: Reach['from'];
  #latest: readonly Quake[] = [];
  #listed: readonly Quake[] | undefined;

  constructor(stats: StreamConsumer<Quake>['stats'], filter: Filter<QuakeFacts>, from: Reach['from']) {
    this.stats = stats;
    this.#filter = filter;
    this.#from = from;
  }

  get explanation(): Explanation {
    return explain(this.#filter);
  }

  async draw(quakes: AsyncIterable<Quake>, map: WorldMap): Promise<void> {
    for await (const quake of quakes) {
      map.add(quake);
      this.#latest = [quake, ...this.#latest.slice(0, LATEST - 1)];
    }
  }

  /** The last ones that were kept, each with the place that it is near to. */
  list(list: HTMLElement): void {
    if (this.#listed === this.#latest) return;
    this.#listed = this.#latest;
    list.replaceChildren(...this.#latest.map((quake) => this.#row(quake)));
  }

  #row(quake: Quake): HTMLElement {
    const { place, km } = nearest(quake, this.#from);
    return cells('li', [
      ['b', quake.mag.toFixed(1)],
      ['span', quake.place],
      ['small', `${Math.round(km)} km from ${place.name}`],
    ]);
  }
}

/** `explain(filter)` as rows of a table: the whole first, then its parts. */
export function explanationRows(whole: Explanation): HTMLElement[] {
  const named = [
    [`any(${whole.parts.map(({ filter }) => filter).join(', ')})`, whole] as const,
    ...whole.parts.map((part) => [part.filter, part] as const),
  ];
  return named.map(([name, { seen, dropped, ms }]) =>
    cells('tr', [
      ['th', name],
      ['td', seen.toLocaleString('en')],
      ['td', dropped.toLocaleString('en')],
      ['td', `${(ms / 1000).toFixed(2)} s`],
      ['td', seen > 0 ? `${((1000 * ms) / seen).toFixed(1)} µs` : '–'],
    ]),
  );
}

function cells(name: string, content: readonly (readonly [name: string, text: string])[]): HTMLElement {
  const parent = document.createElement(name);
  for (const [child, text] of content) parent.appendChild(document.createElement(child)).textContent = text;
  const head = parent.querySelector('th');
  if (head) head.scope = 'row';
  return parent;
}
