/** Where the reader is: in a frame of this page, in a tab of its own, or nowhere. */
import { find, shared, write } from './page.js';
import { READER } from './visitor.js';

export class ReaderPlace {
  readonly #place = find<HTMLElement>('#reader-place');
  readonly #button = find<HTMLButtonElement>('#reader-switch');
  readonly #onChange: (open: boolean) => void;
  #elsewhere = false;

  constructor(onChange: (open: boolean) => void) {
    this.#onChange = onChange;
    this.#button.disabled = false;
    this.#button.addEventListener('click', () => this.#set(!this.#frame));
    find('#reader-tab').addEventListener('click', () => this.#set(false));
    this.#begin();
  }

  get #frame(): HTMLIFrameElement | null {
    return this.#place.querySelector('iframe');
  }

  /** Whether a tab of its own has come or gone since the last look. */
  async look(): Promise<void> {
    await this.#ask();
    this.#show();
  }

  async #begin(): Promise<void> {
    await this.#ask();
    this.#set(!this.#elsewhere);
  }

  async #ask(): Promise<void> {
    const { held = [] } = await navigator.locks.query();
    this.#elsewhere = !this.#frame && held.some(({ name }) => name === READER);
  }

  #set(open: boolean): void {
    if (!open) this.#frame?.remove();
    else if (!this.#frame) {
      const frame = document.createElement('iframe');
      frame.title = 'Reader';
      frame.src = `./reader.html?embed&${shared()}`;
      this.#place.append(frame);
      this.#elsewhere = false;
    }
    this.#show();
  }

  #show(): void {
    const open = this.#frame !== null;
    write(this.#button, open ? 'Close' : 'Open again');
    this.#button.disabled = this.#elsewhere;
    find<HTMLElement>('#reader-away').hidden = open;
    find<HTMLElement>('#reader-words').hidden = open;
    write(
      find('#reader-words'),
      this.#elsewhere ? 'It is open in a tab of its own. Close that, if the story asks for it.' : 'The reader is closed.',
    );
    this.#onChange(open || this.#elsewhere);
  }
}
