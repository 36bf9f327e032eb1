/** The page's line to one worker that answers for filters: keeps it busy within bounds, and replaces it when it falls silent. */
import { check } from '../check.js';
import { closedError, StreamError, toStreamError } from '../errors.js';
import type { Metadata } from '../events.js';
import type { Answers } from './judge.js';
import { faultOf } from './metadata-limits.js';
import type { Matter, Order, Reply } from './protocol.js';
import { type Ask, charge, type Question, readAnswers } from './question.js';
import { type Line, startLife } from './worker-life.js';

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
  /** A reply to each question. */
  obey(order: Order): Promise<Reply | undefined>;
}

type State =
  | { readonly status: 'idle' | 'resting' | 'loading' | 'closed' }
  | { readonly status: 'starting' | 'running' | 'page'; readonly line: Line }
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

  constructor(
    factory: () => Worker,
    { deadlineMs = 1000, startMs = 5000, maxInFlight = 4, maxStrikes = 6 }: WorkerOptions,
    fallback?: () => Promise<Stand>,
  ) {
    check(typeof factory === 'function', 'A filter worker', factory, 'started by a function: () => new Worker(…)');
    this.#options = { deadlineMs, startMs, maxInFlight, maxStrikes };
    for (const [name, value] of Object.entries(this.#options)) check(value >= 1 && value < 2 ** 31, name, value, 'from 1 to 2^31');
    this.#factory = factory;
    this.#fallback = fallback;
  }

  get report(): WorkerReport {
    return { status: this.#state.status, ...this.#counts, ...(this.#error && { error: this.#error }) };
  }

  /** Never rejects: what cannot be answered has an error in its place. */
  async ask(question: Question, metadata: readonly Metadata[], cloning = false): Promise<Answers> {
    const faults = metadata.map((facts) => faultOf(facts, cloning));
    const sound = metadata.filter((_, i) => !faults[i]);
    const parts: Promise<Answers>[] = [];
    for (let at = 0; at < sound.length; at += MOST) parts.push(this.#askPart(question, sound.slice(at, at + MOST), cloning));
    const given = (await Promise.all(parts)).flat().values();
    return faults.map((fault) => fault ?? (given.next().value as Answers[0]));
  }

  /** The same for whatever can be asked about at once. The messages are copied when they leave. */
  request(question: Question, matter: Matter): Promise<Reply | StreamError> {
    return new Promise((resolve) => {
      this.#waiting.push({ ask: ++this.#lastAsk, question, matter, resolve, missed: 0 });
      this.#go();
    });
  }

  /** It will not be asked again. */
  forget(question: Question): void {
    const state = this.#state;
    if ('line' in state && state.line.defined.delete(question)) state.line.post({ kind: 'forget', id: question.id });
  }

  /** Ends the worker; who waits for answers gets `closed` errors. Idempotent. */
  close(): void {
    this.#become({ status: 'closed' });
  }

  async #askPart(question: Question, metadata: readonly Metadata[], cloning: boolean): Promise<Answers> {
    const reply = await this.request(question, { metadata });
    // One of them is to blame, and the others are not.
    if (!cloning && reply instanceof StreamError && reply.code === 'not_encodable') return this.ask(question, metadata, true);
    return readAnswers(reply, metadata.length);
  }

  /** What was with a worker is first in line again. */
  #become(state: State): void {
    const last = this.#state;
    if ('line' in last && !('line' in state && state.line === last.line)) last.line.end();
    clearTimeout(this.#deadline);
    this.#waiting.unshift(...this.#flying.splice(0));
    this.#state = state;
    this.#go();
  }

  #go(): void {
    const state = this.#state;
    const { status } = state;
    if (this.#waiting.length === 0) return;
    if (status === 'idle') this.#start();
    if (status === 'closed') this.#failAll(closedError());
    if (status === 'failed') this.#failAll(state.error);
    if (status !== 'running' && status !== 'page') return;
    // On the page nobody is late, and nothing can be ended: whatever is asked there stands for itself.
    while (this.#waiting.length > 0 && (status === 'page' || this.#flying.length < this.#options.maxInFlight))
      this.#send(state.line, this.#waiting.shift() as Ask);
  }

  #start(): void {
    try {
      const line: Line = startLife(this.#factory, this.#options.startMs, {
        onReady: () => this.#become({ status: 'running', line }),
        onNoStart: (cause) => this.#cannotStart(cause),
        onReply: (reply) => this.#hear(reply),
        onStray: () => this.#counts.strays++,
      });
      this.#counts.starts++;
      this.#become({ status: 'starting', line });
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
      (stand) => loaded({ status: 'page', line: this.#lineTo(stand) }),
      (failure) => loaded({ status: 'failed', error: toStreamError(failure, 'filter_failed', `${error.message}; nor can its fallback`) }),
    );
  }

  #lineTo(stand: Stand): Line {
    const post = (order: Order) => void stand.obey(order).then((reply) => reply && this.#hear(reply));
    return { defined: new Set(), post, end() {} };
  }

  #send(line: Line, ask: Ask): void {
    const { question, matter } = ask;
    const { id, expression } = question;
    const { maxStrikes, deadlineMs } = this.#options;
    if (question.strikes >= maxStrikes) {
      ask.resolve(new StreamError('filter_failed', `${maxStrikes} deadlines of ${deadlineMs} ms missed in a row: it is asked no more`));
      return;
    }
    try {
      if (!line.defined.has(question)) line.post({ kind: 'define', id, expression });
      line.defined.add(question);
      // What arrived may have to be handed out again.
      const messages = matter.messages?.map((message) => message.slice());
      line.post(
        { kind: 'ask', ask: ask.ask, id, ...(messages ? { messages } : matter) },
        messages?.map(({ buffer }) => buffer),
      );
      if (this.#flying.push(ask) === 1) this.#watch();
    } catch (error) {
      ask.resolve(toStreamError(error, 'not_encodable', 'The question cannot be sent to the worker'));
    }
  }

  #hear(reply: Reply): void {
    const at = this.#flying.findIndex(({ ask }) => ask === reply.ask);
    const [ask] = at < 0 ? [] : this.#flying.splice(at, 1);
    if (!ask) return;
    this.#watch();
    ask.question.strikes = 0;
    charge(ask.question.tree, reply.costs);
    ask.resolve(reply);
    this.#go();
  }

  /** The worker's time with the first in line begins. */
  #watch(): void {
    clearTimeout(this.#deadline);
    const [head] = this.#flying;
    if (!head || this.#state.status === 'page') return;
    // Where the page itself was busy, the answer may stand in the queue right behind the first timer.
    const late = () => (this.#deadline = setTimeout(() => this.#strike(head)));
    this.#deadline = setTimeout(late, this.#options.deadlineMs);
  }

  #strike(head: Ask): void {
    const { deadlineMs } = this.#options;
    this.#counts.strikes++;
    head.question.strikes++;
    head.missed++;
    if (head.missed > 1) this.#flying.shift()?.resolve(new StreamError('filter_failed', `No answer within ${deadlineMs} ms, twice`));
    this.#dying++;
    setTimeout(() => {
      this.#dying--;
      if (this.#state.status === 'resting') this.#become({ status: 'idle' });
    }, DYING_MS);
    this.#become({ status: this.#dying > MOST_DYING ? 'resting' : 'idle' });
  }

  #failAll(error: StreamError): void {
    for (const { resolve } of this.#waiting.splice(0)) resolve(error);
  }
}
