import type { StreamError } from '../../errors.js';

/** Where a connection stands. `failed` and `closed` are final, except that a client that could not be loaded is loaded again when next used. */
export type MqttState =
  /** Nobody has used it yet. */
  | { readonly status: 'idle' }
  | { readonly status: 'connecting'; readonly attempt: number }
  /** `sessionPresent`: the broker remembered this client's subscriptions and what it had not acknowledged. */
  | { readonly status: 'connected'; readonly protocol: 4 | 5; readonly sessionPresent: boolean }
  /** Tries again in `delayMs`, sooner when the page wakes or the network returns; `error` is why it has to. */
  | { readonly status: 'waiting'; readonly attempt: number; readonly delayMs: number; readonly error: StreamError }
  | { readonly status: 'failed'; readonly error: StreamError }
  | { readonly status: 'closed' };
