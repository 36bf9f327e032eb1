/** The page's line to one worker that answers for filters: keeps it busy within bounds, and replaces it when it falls silent. */
import { check } from '../check.js';
import { closedError, StreamError, toStreamError } from '../errors.js';
import type { Metadata } from '../events.js';
import type { Answers } from './judge.js';
import { faultOf } from './metadata-limits.js';
import type { Matter, Order, Reply } from './protocol.js';
import { type Ask, answerAt, charge, fillIn, type Question } from './question.js';
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
  readonly error?: StreamError | undefined;
}

/** What answers on the page when no worker can. */
export interface Stand {
  /** A reply to each question. */
  obey(order: Order): Promise<Reply | undefined>;
}

type State =
  | { readonly status: 'idle' | 'resting' | 'loading'; readonly line?: never; readonly error?: never }
  | { readonly status: 'starting' | 'running' | 'page'; readonly line: Line; readonly error?: never }
  | { readonly status: 'failed' | 'closed'; readonly error: StreamError; readonly line?: never };

export interface FilterWorker {
  readonly report: WorkerReport;
  /** Never rejects: what cannot be answered has an error in its place. */
  ask(question: Question, metadata: readonly Metadata[]): Promise<Answers>;
  /** The same for whatever can be asked about at once. */
  request(question: Question, matter: Matter): Promise<Reply | StreamError>;
  /** It will not be asked again. */
  forget(question: Question): void;
  /** Ends the worker; who waits for answers gets `closed` errors. Idempotent. */
  close(): void;
}

/** Events of one question: as many as a consumer judges in one go. */
const MOST = 256;
/** Chromium lets a worker that is busy go on for so long after its end; those that fill the memory must not become many, for it is the page's too. */
const DYING_MS = 2000;
const MOST_DYING = 2;

export function openFilterWorker(
  factory: () => Worker,
  { deadlineMs = 1000, startMs = 5000, maxInFlight = 4, maxStrikes = 6 }: WorkerOptions,
  fallback?: () => Promise<Stand>,
): FilterWorker {
  check(typeof factory === 'function', 'factory', factory, 'a function: () => new Worker(…)');
  for (const [name, value] of Object.entries({ deadlineMs, startMs, maxInFlight, maxStrikes }))
    check(value > 0 && value < 2 ** 31, name, value, 'a number of milliseconds below 2^31');
  const counts = { starts: 0, strikes: 0, strays: 0 };
  let state: State = { status: 'idle' };
  const waiting: Ask[] = [];
  /** With the worker, in the order in which it answers. */
  const flying = new Map<number, Ask>();
  let lastAsk = 0;
  let deadline: ReturnType<typeof setTimeout> | undefined;
  let dying = 0;
  let failure: StreamError | undefined;

  return {
    get report() {
      return { status: state.status, ...counts, error: failure };
    },
    ask,
    request,
    forget(question) {
      if (state.line?.defined.delete(question)) state.line.post({ kind: 'forget', id: question.id });
    },
    close() {
      become({ status: 'closed', error: closedError() });
    },
  };

  function ask(question: Question, metadata: readonly Metadata[], cloning = false): Promise<Answers> {
    return fillIn(
      metadata,
      (facts) => faultOf(facts, cloning),
      async (sound) => {
        const parts: Promise<Answers>[] = [];
        for (let at = 0; at < sound.length; at += MOST) parts.push(askPart(question, sound.slice(at, at + MOST), cloning));
        return (await Promise.all(parts)).flat();
      },
    );
  }

  async function askPart(question: Question, metadata: readonly Metadata[], cloning: boolean): Promise<Answers> {
    const reply = await request(question, { metadata });
    // One of them is to blame, and the others are not.
    if (!cloning && reply instanceof StreamError && reply.code === 'not_encodable') return ask(question, metadata, true);
    return metadata.map((_, index) => answerAt(reply, index));
  }

  function request(question: Question, matter: Matter): Promise<Reply | StreamError> {
    return new Promise((resolve) => {
      waiting.push({ ask: ++lastAsk, question, matter, resolve, missed: 0 });
      go();
    });
  }

  /** What was with a worker is first in line again. */
  function become(next: State): void {
    if (state.line !== next.line) state.line?.end();
    clearTimeout(deadline);
    waiting.unshift(...flying.values());
    flying.clear();
    state = next;
    go();
  }

  function go(): void {
    const { status, error, line } = state;
    if (status === 'idle' && waiting.length > 0) start();
    // On the page nobody is late, and nothing can be ended: whatever is asked there stands for itself.
    const room = error || status === 'page' ? Number.POSITIVE_INFINITY : status === 'running' ? maxInFlight : 0;
    while (waiting.length > 0 && flying.size < room) {
      const next = waiting.shift() as Ask;
      if (error) next.resolve(error);
      else send(line as Line, next);
    }
  }

  function start(): void {
    try {
      const line: Line = startLife(factory, startMs, {
        onReady: () => become({ status: 'running', line }),
        onNoStart: cannotStart,
        onReply: hear,
        onStray: () => counts.strays++,
      });
      counts.starts++;
      become({ status: 'starting', line });
    } catch (error) {
      cannotStart(error);
    }
  }

  async function cannotStart(cause: unknown): Promise<void> {
    const loading: State = { status: 'loading' };
    let next: State;
    failure = toStreamError(cause, 'filter_failed', 'The filter worker does not start');
    become(loading);
    try {
      if (!fallback) throw failure;
      const stand = await fallback();
      const post = (order: Order) => stand.obey(order).then((reply) => reply && hear(reply));
      next = { status: 'page', line: { defined: new Set(), post, end() {} } };
    } catch (error) {
      next = { status: 'failed', error: toStreamError(error, 'filter_failed', `${failure.message}; nor does its fallback`) };
    }
    if (state === loading) become(next);
  }

  function send(line: Line, asked: Ask): void {
    const { ask, question, matter, resolve } = asked;
    const { id, expression, strikes } = question;
    if (strikes >= maxStrikes) {
      resolve(new StreamError('filter_failed', `${maxStrikes} deadlines missed in a row: asked no more`));
      return;
    }
    try {
      const known = line.defined.has(question);
      // What arrived may have to be handed out again.
      const messages = matter.messages?.map((message) => message.slice());
      const transfer = messages?.map(({ buffer }) => buffer);
      line.post({ kind: 'ask', ask, id, expression: known ? undefined : expression, ...matter, messages }, transfer);
      line.defined.add(question);
      flying.set(ask, asked);
      if (flying.size === 1) watch();
    } catch (error) {
      resolve(toStreamError(error, 'not_encodable', 'The question'));
    }
  }

  function hear(reply: Reply): void {
    const asked = flying.get(reply.ask);
    if (!asked) return;
    flying.delete(reply.ask);
    watch();
    asked.question.strikes = 0;
    charge(asked.question.tree, reply.costs);
    asked.resolve(reply);
    go();
  }

  /** The worker's time with the first in line begins. */
  function watch(): void {
    clearTimeout(deadline);
    const [head] = flying.values();
    if (!head || state.status === 'page') return;
    // Where the page itself was busy, the answer may stand in the queue right behind the first timer.
    const late = () => (deadline = setTimeout(strike, 0, head));
    deadline = setTimeout(late, deadlineMs);
  }

  function strike(head: Ask): void {
    counts.strikes++;
    head.question.strikes++;
    if (++head.missed > 1) {
      flying.delete(head.ask);
      head.resolve(new StreamError('filter_failed', `No answer within ${deadlineMs} ms, twice`));
    }
    dying++;
    setTimeout(() => {
      dying--;
      if (state.status === 'resting') become({ status: 'idle' });
    }, DYING_MS);
    become({ status: dying > MOST_DYING ? 'resting' : 'idle' });
  }
}
