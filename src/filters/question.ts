/** What a filter worker is asked, and what it says. */
import { StreamError } from '../errors.js';
import type { Metadata } from '../events.js';
import { areBitsFor, bitAt } from './bits.js';
import type { Answers } from './judge.js';
import type { Expression, FromWorker, Reply } from './protocol.js';

/** An expression with a name of its own in its worker. */
export interface Question {
  readonly id: number;
  readonly expression: Expression;
  /** Takes what the worker spent, as `Reply.costs` says. */
  readonly charge: (costs: readonly number[]) => void;
  /** Deadlines missed in a row. */
  strikes: number;
}

/** A batch on its way to the worker and back. */
export interface Ask {
  readonly ask: number;
  readonly question: Question;
  readonly metadata: readonly Metadata[];
  readonly resolve: (answers: Answers) => void;
  /** Deadlines missed with this batch. */
  missed: number;
}

export function fail({ resolve, metadata }: Ask, error: StreamError): void {
  resolve(metadata.map(() => error));
}

/** Whether this answers it: a worker's messages may be anything. */
export function answers(ask: Ask, data: FromWorker): data is Reply {
  if (data.kind !== 'answer' || data.ask !== ask.ask || !Array.isArray(data.costs)) return false;
  const { length } = ask.metadata;
  const { drops, failures, reason } = data;
  return areBitsFor(length, drops) && (failures === undefined || (areBitsFor(length, failures) && reason !== undefined));
}

export function readAnswers(ask: Ask, { drops, failures, reason }: Reply): Answers {
  const error = reason && StreamError.from(reason);
  return ask.metadata.map((_, i) => (failures && error && bitAt(failures, i) ? error : bitAt(drops, i)));
}
