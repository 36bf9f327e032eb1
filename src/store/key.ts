/**
 * What a key says of its object, so that whoever holds it knows what to expect before asking for it:
 * version and kind, a random name, the first 132 bits of the SHA-256 of its bytes, how many bytes, and for how many consumers.
 *
 *     1m4Jq0b2W_xYuEU9Zw3hVq5dJxk2r8oPsT.5yc1s.3
 */
import { StreamError } from '../errors.js';

/** `m` MessagePack, `r` the bytes themselves, `c` a serializer of the user's own, `f` the key of an object that may not exist yet. */
export type ObjectKind = 'm' | 'r' | 'c' | 'f';

export interface KeyFacts {
  readonly kind: ObjectKind;
  /** Absent where the writer's page could not compute it, and in the key of a future. */
  readonly hash: string | undefined;
  readonly bytes: number;
  /** How many are to read it before it goes; 0 when it stays whoever reads it. */
  readonly consumers: number;
}

const VERSION = '1';
const KEY = /^1([mrcf])[\w-]{10}([\w-]{22})?\.([0-9a-z]{1,8})(?:\.([0-9a-z]{1,2}))?$/;
export const MAX_CONSUMERS = 36 ** 2 - 1;
/** Characters of a hash: a forger would have to try 2¹³² times. */
const HASH_LENGTH = 22;
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

export function writeKey({ kind, hash = '', bytes, consumers }: KeyFacts): string {
  const name = letters(crypto.getRandomValues(new Uint8Array(10)));
  const fanOut = consumers !== 1 ? `.${consumers.toString(36)}` : '';
  return `${VERSION}${kind}${name}${hash}.${bytes.toString(36)}${fanOut}`;
}

/** Throws `StreamError`: `invalid_key`, or `unsupported_version`. A key that passes has no path, no origin and nothing to escape in it. */
export function readKey(key: string): KeyFacts {
  const [, kind, hash, bytes = '', consumers = '1'] = KEY.exec(key) ?? [];
  if (kind) return { kind: kind as ObjectKind, hash, bytes: Number.parseInt(bytes, 36), consumers: Number.parseInt(consumers, 36) };
  const shown = String(key).slice(0, 60);
  if (/^[2-9][a-z][\w.-]+$/.test(key))
    throw new StreamError('unsupported_version', `Key "${shown}" is of a newer version: update proxystream`, { key: shown });
  throw new StreamError('invalid_key', `"${shown}" is not the key of an object`, { key: shown });
}

/** Undefined where the page may not hash (plain http). */
export async function hashOf(bytes: Uint8Array): Promise<string | undefined> {
  if (!crypto.subtle) return undefined;
  return letters(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as BufferSource)), HASH_LENGTH);
}

/** Six bits each, from the first; unlike base 64, that needs no strings in between. */
function letters(bytes: Uint8Array, length = bytes.length): string {
  let text = '';
  for (let bit = 0; text.length < length; bit += 6) {
    const pair = ((bytes[bit >> 3] ?? 0) << 8) | (bytes[(bit >> 3) + 1] ?? 0);
    text += LETTERS[(pair >> (10 - (bit & 7))) & 63];
  }
  return text;
}
