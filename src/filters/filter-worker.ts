/** The page's line to one worker that answers for filters: keeps it busy within bounds, and replaces it when it falls silent. */
import { StreamError, toStreamError } from '../errors.js';
import type { Metadata } from '../events.js';
import type { Answer, Answers } from './judge.js';
import { type Fault, faultsIn } from './metadata-limits.js';
import type { Expression, FromWorker } from './protocol.js';
import { type Ask, answers, fail, type Question, readAnswers } from './question.js';
import { WorkerLife } from './worker-life.js';

export interface WorkerOptions {
  /** How long the worker may be busy with one batch, in milliseconds. Then it is ended, and a new one asked once more. Default 1000. */
  readonly deadlineMs?: number;
  /** How long the worker may take to start, in milliseconds. Default 5000. */
  readonly startMs?: number;
  /** Batches that may be with the worker at once; others wait on the page. Default 4. */
  readonly maxInFlight?: number;
  /** Missed deadlines in a row after which a filter is asked no more. Default 6. */
  readonly maxStrikes?: number;
}

export interface WorkerReport {
  /** `'page'`: it cannot start, and the page runs the filters itself. `'failed'`: it cannot start, and nobody runs them. */
  readonly status: State['status'];
  /** Workers started. */
  readonly starts: number;
  /** Missed deadlines; each has ended a worker. */
  readonly strikes: number;
  /** Messages that were no answers, and errors that nobody caught. */
  readonly strays: number;
  /** Why no worker runs. */
  readonly error?: StreamError;
}

/** What answers on the page when no worker can. */
export interface Stand {
  define(id: number, expression: Expression): void;
  forget(id: number): void;
  ask(id: number, metadata: readonly Metadata[]): Answers | Promise<Answers>;
  takeCosts(id: number): readonly number[];
}

type State =
  | { readonly status: 'idle' | 'resting' | 'loading' | 'closed' }
  | { readonly status: 'starting' | 'running'; readonly life: WorkerLife }
  | { readonly status: 'page'; readonly stand: Stand; readonly defined: Set<Question> }
  | { readonly status: 'failed'; readonly error: StreamError };

/** Events of one message: as many as a consumer judges in one go. */
const MOST = 256;
/** Chromium lets a worker that is busy go on for so long after its end; those that fill the memory must not become many, for it is the page's too. */
const DYING_MS = 2000;
const MOST_DYING = 2;

export class FilterWorker {
  readonly #factory: () => Worker;
  readonly #fallback: (() => Promise<Stand>) | undefined;
  readonly #options: Required<WorkerOptions>;
  readonly #counts = { starts: 0, strikes: 0, strays: 0 };
  #state: State = { status: 'idle' };
  #waiting: Ask[] = [];
  /** With the worker, in the order in which it answers. */
  #flying: Ask[] = [];
  #lastAsk = 0;
  #deadline: ReturnType<typeof setTimeout> | undefined;
  #dying = 0;
  #error: StreamError | undefined;

  constructor(factory: () => Worker, options: WorkerOptions, fallback?: () => Promise<Stand>) {
    if (typeof factory !== 'function') throw new TypeError('A filter worker needs a function that starts it: () => new Worker(…)');
    const { deadlineMs = 1000, startMs = 5000, maxInFlight = 4, maxStrikes = 6 } = options;
    this.#options = { deadlineMs, startMs, maxInFlight, maxStrikes };
    for (const [name, value] of Object.entries(this.#options))
      if (!(value >= 1 && value < 2 ** 31)) throw new TypeError(`${name} must be from 1 to 2^31, not ${value}`);
    this.#factory = factory;
    this.#fallback = fallback;
  }

  get report(): WorkerReport {
    return { status: this.#state.status, ...this.#counts, ...(this.#error && { error: this.#error }) };
  }

  /** Never rejects: what cannot be answered has an error in its place. */
  async ask(question: Question, metadata: readonly Metadata[]): Promise<Answers> {
    const faults = faultsIn(metadata);
    if (faults) return this.#askWithout(faults, question, metadata);
    if (metadata.length <= MOST) return this.#ask(question, metadata);
    const parts: Promise<Answers>[] = [];
    for (let at = 0; at < metadata.length; at += MOST) parts.push(this.#ask(question, metadata.slice(at, at + MOST)));
    return (await Promise.all(parts)).flat();
  }

  /** It will not be asked again. */
  forget(question: Question): void {
    const state = this.#state;
    if (state.status === 'page' && state.defined.delete(question)) state.stand.forget(question.id);
    if ('life' in state && state.life.defined.delete(question)) state.life.post({ kind: 'forget', id: question.id });
  }

  /** Ends the worker; who waits for answers gets `closed` errors. Idempotent. */
  close(): void {
    this.#become({ status: 'closed' });
  }

  #ask(question: Question, metadata: readonly Metadata[]): Promise<Answers> {
    return new Promise((resolve) => {
      this.#waiting.push({ ask: ++this.#lastAsk, question, metadata, resolve, missed: 0 });
      this.#go();
    });
  }

  /** The same batch without what cannot travel. */
  async #askWithout(faults: ReadonlyMap<number, Fault>, question: Question, metadata: readonly Metadata[]): Promise<Answers> {
    const sound = metadata.filter((_, i) => !faults.has(i));
    const given = (sound.length > 0 ? await this.ask(question, sound) : []).values();
    return metadata.map((_, i) => faults.get(i) ?? (given.next().value as Answer));
  }

  /** What was with a worker is first in line again. */
  #become(state: State): void {
    const last = this.#state;
    if ('life' in last && !('life' in state)) last.life.end();
    clearTimeout(this.#deadline);
    this.#waiting.unshift(...this.#flying.splice(0));
    this.#state = state;
    this.#go();
  }

  #go(): void {
    const state = this.#state;
    if (this.#waiting.length === 0) return;
    if (state.status === 'idle') this.#start();
    if (state.status === 'closed') this.#failAll(new StreamError('closed', 'These filters are closed'));
    if (state.status === 'failed') this.#failAll(state.error);
    if (state.status === 'page') for (const ask of this.#waiting.splice(0)) void answerHere(state, ask);
    if (state.status !== 'running') return;
    while (this.#waiting.length > 0 && this.#flying.length < this.#options.maxInFlight)
      this.#send(state.life, this.#waiting.shift() as Ask);
  }

  #start(): void {
    try {
      const life: WorkerLife = new WorkerLife(this.#factory, this.#options.startMs, {
        onReady: () => this.#become({ status: 'running', life }),
        onNoStart: (cause) => this.#cannotStart(cause),
        onMessage: (data) => this.#hear(data),
        onStray: () => this.#counts.strays++,
      });
      this.#counts.starts++;
      this.#become({ status: 'starting', life });
    } catch (error) {
      this.#cannotStart(error);
    }
  }

  #cannotStart(cause: unknown): void {
    const error = toStreamError(cause, 'filter_failed', 'The filter worker cannot start');
    this.#error = error;
    if (!this.#fallback) {
      this.#become({ status: 'failed', error });
      return;
    }
    const loading: State = { status: 'loading' };
    const loaded = (state: State) => this.#state === loading && this.#become(state);
    this.#become(loading);
    this.#fallback().then(
      (stand) => loaded({ status: 'page', stand, defined: new Set() }),
      (failure) => loaded({ status: 'failed', error: toStreamError(failure, 'filter_failed', `${error.message}; nor can its fallback`) }),
    );
  }

  #send(life: WorkerLife, ask: Ask): void {
    const { question, metadata } = ask;
    const { maxStrikes, deadlineMs } = this.#options;
    if (question.strikes >= maxStrikes) {
      fail(ask, new StreamError('filter_failed', `${maxStrikes} deadlines of ${deadlineMs} ms missed in a row: it is asked no more`));
      return;
    }
    try {
      if (!life.defined.has(question)) life.post({ kind: 'define', id: question.id, expression: question.expression });
      life.defined.add(question);
      life.post({ kind: 'ask', ask: ask.ask, id: question.id, metadata });
      if (this.#flying.push(ask) === 1) this.#watch();
    } catch (error) {
      const faults = faultsIn(metadata, true);
      if (faults) void this.#askWithout(faults, question, metadata).then(ask.resolve);
      else fail(ask, toStreamError(error, 'not_encodable', 'The question cannot be sent to the worker'));
    }
  }

  #hear(data: FromWorker): void {
    const [head] = this.#flying;
    if (!head || !answers(head, data)) {
      this.#counts.strays++;
      return;
    }
    this.#flying.shift();
    this.#watch();
    head.question.strikes = 0;
    head.question.charge(data.costs);
    head.resolve(readAnswers(head, data));
    this.#go();
  }

  /** The worker's time with the first in line begins. */
  #watch(): void {
    clearTimeout(this.#deadline);
    const [head] = this.#flying;
    if (!head) return;
    // Where the page itself was busy, the answer may stand in the queue right behind the first timer.
    const late = () => (this.#deadline = setTimeout(() => this.#strike(head)));
    this.#deadline = setTimeout(late, this.#options.deadlineMs);
  }

  #strike(head: Ask): void {
    const { deadlineMs } = this.#options;
    this.#counts.strikes++;
    head.question.strikes++;
    head.missed++;
    if (head.missed > 1) fail(this.#flying.shift() as Ask, new StreamError('filter_failed', `No answer within ${deadlineMs} ms, twice`));
    this.#dying++;
    setTimeout(() => {
      this.#dying--;
      if (this.#state.status === 'resting') this.#become({ status: 'idle' });
    }, DYING_MS);
    this.#become({ status: this.#dying > MOST_DYING ? 'resting' : 'idle' });
  }

  #failAll(error: StreamError): void {
    for (const ask of this.#waiting.splice(0)) fail(ask, error);
  }
}

async function answerHere({ stand, defined }: State & { status: 'page' }, { question, metadata, resolve }: Ask): Promise<void> {
  if (!defined.has(question)) stand.define(question.id, question.expression);
  defined.add(question);
  const given = stand.ask(question.id, metadata);
  const all = given instanceof Promise ? await given : given;
  question.charge(stand.takeCosts(question.id));
  resolve(all);
}
