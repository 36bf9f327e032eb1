/** The board's side: a list of what was announced; what the visitor opens is fetched, and nothing else. */
import { type AnySubscriber, type Metadata, type ObjectProxy, StreamConsumer } from 'proxystream';
import type { Store } from 'proxystream/store';
import { find, write } from './page.js';
import type { Quake } from './quake.js';
import { openStore, TOPIC } from './seismogram-store.js';
import { inWords } from './strongest.js';
import { openSubscriber, type Wire } from './transport.js';

const LENGTH = 6;

/** Follows the seismograms of a wire until the function returned is called. */
export function followSeismograms(wire: Wire): () => void {
  const store = openStore(wire);
  // How this connection stands is shown by that of the quakes.
  const subscriber = openSubscriber(wire, `${TOPIC}/+`, () => {});
  const list = new SeismogramList(store);
  list.follow(subscriber).catch((error) => list.say(`No more seismograms: ${error.message}`));
  return () => {
    list.close();
    void subscriber.close();
    void store.close();
  };
}

class SeismogramList {
  readonly #store: Store;
  readonly #list = find<HTMLElement>('#seismograms');
  readonly #figure = find<HTMLElement>('#seismogram');
  readonly #progress = find<HTMLProgressElement>('#seismogram progress');
  readonly #picture = find<HTMLImageElement>('#seismogram img');
  #announced = 0;
  #closed = false;
  #opening = new AbortController();

  constructor(store: Store) {
    this.#store = store;
    this.#list.replaceChildren();
    this.#figure.hidden = true;
    this.#count();
  }

  async follow(subscriber: AnySubscriber): Promise<void> {
    const consumer = new StreamConsumer<Uint8Array>(subscriber, { stores: [this.#store], endOfStream: 'never' });
    for await (const [meta, proxy] of consumer.iterWithMetadata()) {
      if (!this.#closed) this.#add(meta, proxy);
    }
  }

  say(words: string): void {
    if (!this.#closed) write(find('#seismogram-words'), words);
  }

  close(): void {
    this.#closed = true;
    this.#opening.abort();
    URL.revokeObjectURL(this.#picture.src);
  }

  #add(meta: Metadata, proxy: ObjectProxy<Uint8Array>): void {
    const size = 'size' in proxy.descriptor ? proxy.descriptor.size : 0;
    this.#announced += size;
    this.#count();
    const item = document.createElement('li');
    const button = item.appendChild(document.createElement('button'));
    button.type = 'button';
    for (const [element, text] of [
      ['b', meta.mag.toFixed(1)],
      ['span', meta.place],
      ['small', megabytes(size)],
    ] as const)
      button.appendChild(document.createElement(element)).textContent = text;
    button.addEventListener('click', () => this.#open(meta, proxy, button));
    this.#list.prepend(item);
    const last = [...this.#list.children].findLast((child) => !child.contains(document.activeElement));
    if (this.#list.children.length > LENGTH) last?.remove(); // but not the one that the visitor is at
  }

  /** One at a time: opening another gives the former up. */
  async #open(meta: Metadata, proxy: ObjectProxy<Uint8Array>, button: HTMLButtonElement): Promise<void> {
    this.#opening.abort();
    this.#opening = new AbortController();
    const { signal } = this.#opening;
    for (const other of this.#list.querySelectorAll('button')) other.ariaPressed = String(other === button);
    const quake = `${inWords(meta as Quake)} · ${Math.round(meta.depth)} km deep`;
    this.#figure.hidden = false;
    this.#progress.hidden = false;
    this.#progress.value = 0;
    this.say(`${quake}: on its way.`);
    const onProgress = (loaded: number, total: number) => {
      if (!signal.aborted) this.#progress.value = loaded / total;
    };
    try {
      const image = await proxy.resolve({ signal, onProgress });
      this.#show(image, quake);
      this.say(quake);
    } catch (error) {
      if (!signal.aborted) this.say(`${quake}: it cannot be had. ${(error as Error).message}`);
    }
    if (!signal.aborted) this.#progress.hidden = true;
    this.#count();
  }

  #show(image: Uint8Array, quake: string): void {
    URL.revokeObjectURL(this.#picture.src);
    this.#picture.src = URL.createObjectURL(new Blob([image as BlobPart], { type: 'image/png' }));
    this.#picture.alt = `Seismogram in three components: ${quake}`;
  }

  #count(): void {
    if (this.#closed) return;
    write(find('#announced'), megabytes(this.#announced));
    write(find('#moved'), megabytes(this.#store.metrics.get.bytes));
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
