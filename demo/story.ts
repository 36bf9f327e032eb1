/** A story in steps: each is ticked once it is seen to be done, in this order. */
export interface Step<S> {
  readonly id: string;
  readonly done: (state: S) => boolean;
}

export class Story<S> {
  readonly #steps: readonly Step<S>[];
  #next = 0;

  constructor(steps: readonly Step<S>[]) {
    this.#steps = steps;
    this.#mark();
  }

  get over(): boolean {
    return this.#next === this.#steps.length;
  }

  look(state: S): void {
    while (this.#steps[this.#next]?.done(state)) {
      this.#next++;
      this.#mark();
    }
  }

  restart(): void {
    this.#next = 0;
    this.#mark();
  }

  #mark(): void {
    for (const [i, { id }] of this.#steps.entries()) {
      const element = document.getElementById(id);
      if (!element) throw new Error(`The story has no step ${id}`);
      element.dataset.step = i < this.#next ? 'done' : i === this.#next ? 'next' : 'later';
      const word = element.querySelector('.visually-hidden');
      if (word) word.textContent = i < this.#next ? 'Done: ' : i === this.#next ? 'Next: ' : '';
    }
  }
}
