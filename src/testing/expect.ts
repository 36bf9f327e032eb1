/** The few assertions that the suite needs, so that it depends on no test framework. */
import { StreamError, type StreamErrorCode } from '../errors.js';

/** Shorter than most test runners' own limit would be, and says what was missing. */
const PATIENCE_MS = 10_000;
const LOOK_AGAIN_MS = 5;

export function equal(actual: unknown, expected: unknown, what: string): void {
  const [is, should] = [show(actual), show(expected)];
  if (is === should) return;
  let from = 0;
  while (is[from] === should[from]) from++;
  const around = (text: string) => `${from > 60 ? '…' : ''}${text.slice(Math.max(0, from - 60), from + 140)}`;
  throw new Error(`${what}: expected ${around(should)}, got ${around(is)}`);
}

export function ok(condition: boolean, what: string): void {
  if (!condition) throw new Error(`Expected ${what}`);
}

/** Byte for byte; reports where they differ instead of showing a megabyte. */
export function equalBytes(actual: Uint8Array | undefined, expected: Uint8Array): void {
  ok(actual instanceof Uint8Array, `a Uint8Array, got ${actual}`);
  equal(actual?.length, expected.length, 'bytes');
  const at = expected.findIndex((byte, i) => actual?.[i] !== byte);
  ok(at < 0, `byte ${at} to be ${expected[at]}, got ${actual?.[at]}`);
}

/** The error that `attempt` rejects with. Throwing at once is no way to say no. */
export async function failure(attempt: () => unknown, what: string): Promise<unknown> {
  let outcome: Promise<unknown>;
  try {
    outcome = Promise.resolve(attempt());
  } catch (error) {
    throw new Error(`${what}: expected a promise that rejects, but it threw`, { cause: error });
  }
  return inTime(
    outcome.then(
      () => {
        throw new Error(`${what}: expected it to fail`);
      },
      (error) => error,
    ),
    what,
  );
}

export async function failsWith(code: StreamErrorCode, attempt: () => unknown, what: string): Promise<void> {
  const error = await failure(attempt, what);
  equal(error instanceof StreamError ? error.code : error, code, what);
}

/** The promise's outcome, or a failure that says what did not happen. */
export async function inTime<T>(promise: Promise<T>, what: string, patienceMs = PATIENCE_MS): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Waited ${patienceMs / 1000} s: ${what}`)), patienceMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Settles once `fact` holds. */
export async function until(fact: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await fact())) {
    if (Date.now() > deadline) throw new Error(`Waited ${PATIENCE_MS / 1000} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

/** One text per value, whatever the order of its keys; kinds that JSON confuses stay apart. */
function show(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`;
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (value instanceof Date) return `Date(${value.toISOString()})`;
  if (ArrayBuffer.isView(value)) return `bytes(${[...new Uint8Array(value.buffer, value.byteOffset, value.byteLength)]})`;
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return typeof value === 'string' ? JSON.stringify(value) : String(value);
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${key}: ${show(value[key as never])}`).join(', ')}}`;
}
