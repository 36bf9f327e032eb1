/** What the two sides of a far world say to each other. Plain data, no logic. */
import type { StreamErrorData } from '../errors.js';
import type { EventBatch } from '../events.js';
import type { Message, PublisherLimits } from '../protocols.js';

/** A worker, a `MessagePort`, or a `BroadcastChannel` on which nobody else talks. */
export interface Port {
  postMessage(data: unknown): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
}

export type ToFar =
  | { readonly say: 'anyone there?' }
  | {
      readonly say: 'call';
      readonly id: number;
      /** Index of the part it is for; 0 opens worlds. */
      readonly part: number;
      readonly method: string;
      readonly args: readonly unknown[];
      /** Whether the last argument is options whose signal stayed behind, and whether it had fired. */
      readonly signal: 'none' | 'live' | 'aborted';
    }
  | { readonly say: 'abort'; readonly id: number };

export type ToNear =
  | { readonly say: 'here' }
  | { readonly say: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly say: 'failure'; readonly id: number; readonly error: FarError };

export type FarError =
  | { readonly kind: 'stream'; readonly data: StreamErrorData }
  /** The signal of that call was the reason. */
  | { readonly kind: 'aborted'; readonly id: number }
  /** Structured clone keeps what kind of error it is. */
  | { readonly kind: 'other'; readonly error: unknown };

/** A part that was made, and what is known of it at once. */
export interface FarPart {
  readonly part: number;
  readonly has: readonly string[];
  readonly limits?: PublisherLimits | undefined;
  readonly competing?: boolean | undefined;
}

export type FarNext =
  | { readonly done: true }
  | {
      readonly done: false;
      readonly part: number;
      readonly messages: readonly (Message | EventBatch | { readonly news: StreamErrorData })[];
    };
