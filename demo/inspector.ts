/** A look inside a log: opens on a key and on a button. */
import type { Log, LogStatus } from 'proxystream/log';
import { count, find, write } from './page.js';

const LOOK_MS = 1000;

export class Inspector {
  readonly #log: Log;
  readonly #panel = find<HTMLElement>('#inspector');
  readonly #button = find<HTMLButtonElement>('#inspect');
  #stop = () => {};

  constructor(log: Log) {
    this.#log = log;
    this.#button.disabled = false;
    this.#button.addEventListener('click', () => this.#toggle());
    find('#inspector button').addEventListener('click', () => this.#toggle(false));
    addEventListener('keydown', (event) => {
      // By its place: with Alt some layouts make another letter of it.
      if (event.altKey && event.code === 'KeyI') this.#toggle();
      else if (event.key === 'Escape' && !this.#panel.hidden) this.#toggle(false);
      else return;
      event.preventDefault();
    });
  }

  #toggle(open = this.#panel.hidden): void {
    if (open === !this.#panel.hidden) return;
    this.#panel.hidden = !open;
    this.#button.ariaExpanded = String(open);
    this.#stop();
    this.#stop = () => {};
    if (open) this.#follow();
    (open ? this.#panel : this.#button).focus();
  }

  /** What other tabs do shows only to who looks. */
  #follow(): void {
    const look = () => this.#log.refresh().catch((error) => write(find('#inspector-news'), `The log cannot be read: ${error.message}`));
    const looking = setInterval(look, LOOK_MS);
    const unfollow = this.#log.onStatus((status) => this.#show(status));
    this.#show(this.#log.status);
    void look();
    this.#stop = () => {
      clearInterval(looking);
      unfollow();
    };
  }

  #show(status: LogStatus): void {
    const { bytes, maxBytes, storage, epoch, error, outbox, duplicates, missed } = status;
    const facts = {
      backlog: `${count(outbox.backlog)}, and ${count(outbox.deadLetters)} refused for good`,
      storage: `${megabytes(bytes)} of ${megabytes(maxBytes)}, in ${storage === 'indexeddb' ? 'IndexedDB' : 'memory'}`,
      epoch,
      doubles: `${count(duplicates)} came twice and were left out, ${count(missed)} missing`,
    };
    for (const [name, words] of Object.entries(facts)) write(find(`#log-${name}`), words);
    const lanes = [
      ...status.outboxes.map(({ name, start, end, leader }) => [`Out: ${name}`, range(start, end), who(leader, 'sends')]),
      ...status.inboxes.map(({ name, start, end, leader }) => [`In: ${name}`, range(start, end), who(leader, 'receives')]),
    ];
    fill('#log-lanes', lanes);
    fill(
      '#log-cursors',
      status.cursors.map(({ name, at, lag }) => [name, count(at), count(lag)]),
    );
    write(find('#inspector-news'), error ? `Nothing can be stored: ${error.message}` : '');
  }
}

function range(start: number, end: number): string {
  return end > start ? `${count(start)} to ${count(end - 1)}` : `none before ${count(end)}`;
}

function who(leader: boolean, does: string): string {
  return leader ? `this tab ${does}` : 'another tab, or none';
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e6 ? 2 : 1)} MB`;
}

/** A row for each; the first cell names it. */
function fill(selector: string, rows: readonly (readonly (string | undefined)[])[]): void {
  const body = find<HTMLTableSectionElement>(selector);
  while (body.rows.length > rows.length) body.deleteRow(-1);
  for (const [i, cells] of rows.entries()) {
    const row = body.rows[i] ?? body.insertRow();
    for (const [j, text] of cells.entries()) {
      const cell = row.cells[j] ?? row.appendChild(document.createElement(j === 0 ? 'th' : 'td'));
      if (j === 0) (cell as HTMLTableCellElement).scope = 'row';
      write(cell, text ?? '');
    }
  }
}
