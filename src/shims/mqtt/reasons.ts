import { StreamError, type StreamErrorCode } from '../../errors.js';

/** How a connection, or the attempt at one, came to its end. */
export interface LinkEnd {
  /** `refused`: by a CONNACK. `unanswered`: before any. `told`: by a DISCONNECT. `cut`: the socket closed. `silent`: no sign of life. `left`: by ourselves. */
  readonly how: 'refused' | 'unanswered' | 'told' | 'cut' | 'silent' | 'left';
  readonly reason?: number;
  readonly cause?: unknown;
}

export interface Verdict {
  /** `retry`: wait, then try again. `reauthorize`: with new credentials. `downgrade`: with MQTT 3.1.1. `stop`: for good. */
  readonly next: 'retry' | 'reauthorize' | 'downgrade' | 'stop';
  readonly error: StreamError;
}

// MQTT 5.0 §3.2.2.2 and §3.14.2.1
const UNACCEPTABLE_VERSION = 0x84;
const BAD_CLIENT_ID = 0x85;
const BAD_PASSWORD = 0x86;
const NOT_AUTHORIZED = 0x87;
const BANNED = 0x8a;
const BAD_AUTHENTICATION_METHOD = 0x8c;
const SESSION_TAKEN_OVER = 0x8e;
const PACKET_TOO_LARGE = 0x95;
const SHARED_SUBSCRIPTIONS_NOT_SUPPORTED = 0x9e;
const WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED = 0xa2;
const RETRY_LATER: ReadonlySet<number> = new Set([0x80, 0x83, 0x88, 0x89, 0x8b, 0x8d, 0x96, 0x97, 0x98, 0x9c, 0x9d, 0x9f, 0xa0]);

/** What a broker should have said. */
export const TAKEN_OVER: LinkEnd = { how: 'told', reason: SESSION_TAKEN_OVER };

/** MQTT 3.1.1 §3.2.2.3; a 3.1.1 broker that is asked in MQTT 5 answers with these too. */
const CONNECT_3 = [0, UNACCEPTABLE_VERSION, BAD_CLIENT_ID, 0x88, BAD_PASSWORD, NOT_AUTHORIZED];

export function judge({ how, reason = 0, cause }: LinkEnd, url: string): Verdict {
  const code = how === 'refused' ? (CONNECT_3[reason] ?? reason) : reason;
  const because = (errorCode: StreamErrorCode, message: string) =>
    new StreamError(errorCode, message, { cause, ...(code && { reason: code }), url });
  if (code === SESSION_TAKEN_OVER) {
    return {
      next: 'stop',
      error: because('session_taken_over', 'Another connection with this clientId took the session over: give each its own clientId'),
    };
  }
  if (how === 'refused') {
    switch (code) {
      case UNACCEPTABLE_VERSION:
        return { next: 'downgrade', error: because('unsupported', `${url} does not speak this version of MQTT`) };
      case BAD_PASSWORD:
      case NOT_AUTHORIZED:
      case BAD_AUTHENTICATION_METHOD:
        return { next: 'reauthorize', error: because('not_authorized', `${url} refuses these credentials`) };
      case BANNED:
        return { next: 'stop', error: because('not_authorized', `${url} has banned this client`) };
      case BAD_CLIENT_ID:
        return { next: 'stop', error: because('refused', `${url} refuses this clientId: choose another`) };
    }
    const error = because('refused', `${url} refuses connections now (reason ${code})`);
    return { next: RETRY_LATER.has(code) ? 'retry' : 'stop', error };
  }
  return {
    next: 'retry',
    error: because(how === 'silent' ? 'timeout' : 'connection_lost', `${SENTENCES[how]} ${url}${detail(cause, code)}`),
  };
}

const SENTENCES = {
  unanswered: 'Cannot connect to',
  told: 'The broker closed the connection to',
  cut: 'Lost the connection to',
  silent: 'No sign of life from',
  left: 'Left',
};

function detail(cause: unknown, code: number): string {
  if (cause instanceof Error) return `: ${cause.message}`;
  return code ? ` (reason ${code})` : '';
}

/** Why a publish was not taken. */
export function publishError(reason: number, topic: string): StreamError {
  if (reason === NOT_AUTHORIZED) return new StreamError('not_authorized', `Not allowed to publish to "${topic}"`, { topic, reason });
  if (reason === PACKET_TOO_LARGE)
    return new StreamError('too_large', `Too large for the broker: a message to "${topic}"`, { topic, reason });
  return new StreamError('refused', `The broker refused a message to "${topic}" (reason ${reason})`, { topic, reason });
}

/** Why a subscription was not granted. */
export function subscribeError(reason: number, filter: string): StreamError {
  if (reason === NOT_AUTHORIZED) return new StreamError('not_authorized', `Not allowed to subscribe to "${filter}"`, { filter, reason });
  if (reason === SHARED_SUBSCRIPTIONS_NOT_SUPPORTED || reason === WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED) {
    return new StreamError('unsupported', `The broker has no subscriptions such as "${filter}"`, { filter, reason });
  }
  if (reason < 0x80)
    return new StreamError('unsupported', `The broker grants "${filter}" no more than QoS ${reason}: ask for that`, { filter, reason });
  // 3.1.1 has one code for every refusal, and it is nearly always this one.
  return new StreamError(
    'refused',
    `The broker refused the subscription to "${filter}" (reason ${reason}): is this client allowed to read it?`,
    { filter, reason },
  );
}
