/** What went wrong, as data. Codes are API; the sentences beside them are not. */
export type StreamErrorCode =
  | 'closed'
  | 'topic_closed'
  | 'invalid_message'
  | 'unsupported_version'
  | 'not_encodable'
  | 'too_large'
  | 'schema_mismatch'
  | 'filter_failed'
  | 'object_missing'
  | 'object_corrupt'
  | 'unknown_store'
  | 'invalid_key'
  | 'quota_exceeded'
  | 'overflow'
  | 'gap'
  | 'unsupported'
  | 'not_connected'
  | 'connection_lost'
  | 'timeout'
  | 'not_authorized'
  | 'refused'
  | 'session_taken_over'
  | 'quota_exceeded'
  | 'storage_failed'
  | 'data_lost';

/** Trying the same thing again can never succeed. */
const FOR_GOOD: readonly StreamErrorCode[] = ['closed', 'topic_closed', 'not_encodable', 'too_large', 'unsupported', 'not_authorized'];

export interface StreamErrorData {
  readonly code: StreamErrorCode;
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * Every failure that is not a caller's bug (those are `TypeError`s).
 * Structured clone drops `code`; send `error.toJSON()` across threads and rebuild it with `StreamError.from`.
 */
export class StreamError extends Error {
  override readonly name: string = 'StreamError';
  declare readonly code: StreamErrorCode;
  declare readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: StreamErrorCode,
    message: string,
    { cause, ...details }: { readonly cause?: unknown; readonly [detail: string]: unknown } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.details = details;
  }

  /** False when the same call can never succeed, so that whoever retries should give up. */
  get retryable(): boolean {
    return !FOR_GOOD.includes(this.code);
  }

  toJSON(): StreamErrorData {
    return { code: this.code, message: this.message, details: this.details };
  }

  static from({ code, message, details }: StreamErrorData): StreamError {
    return new StreamError(code, message, details);
  }
}

/** `send` to a topic that this producer has ended with `closeTopics`. */
export class TopicClosedError extends StreamError {
  override readonly name = 'TopicClosedError';
  constructor(topic: string) {
    super('topic_closed', `Topic "${topic}" is closed: open a new producer`, { topic });
  }
}

/** What is closed stays so. */
export function closedError(): StreamError {
  return new StreamError('closed', 'Closed: open a new one');
}

/** The error itself when it is one of ours, else a StreamError of this code with it as its cause. */
export function toStreamError(error: unknown, code: StreamErrorCode, message: string): StreamError {
  if (error instanceof StreamError) return error;
  return new StreamError(code, `${message}: ${(error as Error)?.message ?? error}`, { cause: error });
}

/** Where an error goes that nobody is waiting for: the page's error event, or the console. */
export function reportUnheard(error: unknown): void {
  (globalThis.reportError ?? console.error)(error);
}
