/** The bytes of an object as they come, over as many connections as it takes. */
import { StreamError } from '../../errors.js';
import { wrongSize } from '../../store/integrity.js';
import { accept, isMissing, unreachable } from './answers.js';
import { attempting } from './attempts.js';
import type { Answer, Endpoint } from './endpoint.js';

/** Returns false when there is no such object. Of a known size nothing beyond is read, and a connection that ends before is taken up again. */
export async function* download(
  endpoint: Endpoint,
  key: string,
  size: number | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, boolean> {
  const over = signal ? AbortSignal.any([signal, endpoint.closed]) : endpoint.closed;
  let loaded = 0;
  let body: Body | undefined;
  const next = async () => {
    body ??= await open(endpoint, key, loaded, size, over);
    const reading = body;
    body = undefined; // whatever goes wrong with it, the next attempt asks for the rest
    const piece = await reading?.next();
    if (!piece && reading && size !== undefined && loaded < size) throw unreachable('GET', key, 'The answer ended early');
    body = reading;
    return piece;
  };
  try {
    for (;;) {
      const piece = await attempting(endpoint.attempts, over, next);
      if (!body && loaded === 0) return false;
      if (!body) throw new StreamError('object_missing', `Object "${key}" was removed while it was read`, { key });
      if (!piece) return true;
      loaded += piece.length;
      if (size !== undefined && loaded > size) throw wrongSize(key, loaded, size);
      yield piece;
    }
  } finally {
    body?.cancel();
  }
}

/** From the first byte that is missing. Undefined when there is no such object. */
async function open(
  endpoint: Endpoint,
  key: string,
  from: number,
  size: number | undefined,
  signal: AbortSignal,
): Promise<Body | undefined> {
  const answer = await endpoint.send('GET', key, { signal, ...(from > 0 && { headers: { range: `bytes=${from}-` } }) });
  const { response } = answer;
  const body = new Body(answer);
  try {
    if (isMissing(response)) {
      body.cancel();
      return undefined;
    }
    if (response.status === 416) throw wrongSize(key, from, size ?? from);
    accept(response, 'GET', key, from > 0 ? [200, 206] : [200]);
    const partial = response.status === 206;
    const range = response.headers.get('content-range');
    if (partial && range && !range.startsWith(`bytes ${from}-`))
      throw new StreamError('refused', `The endpoint answers with ${range} instead of what follows byte ${from}`, { status: 206 });
    const length = lengthOf(response);
    const announced = (partial ? from : 0) + (length ?? 0);
    if (size !== undefined && length !== undefined && announced !== size) throw wrongSize(key, announced, size);
    if (!partial) body.skip = from;
    return body;
  } catch (error) {
    body.cancel();
    throw error;
  }
}

/** What is compressed on its way has another length there. */
function lengthOf({ headers }: Response): number | undefined {
  const length = headers.get('content-length');
  return length === null || headers.has('content-encoding') ? undefined : Number(length);
}

class Body {
  /** Bytes at its start that are here already. */
  skip = 0;
  readonly #answer: Answer;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;

  constructor(answer: Answer) {
    this.#answer = answer;
    this.#reader = answer.response.body?.getReader();
    answer.deadline.pause();
  }

  /** Undefined at its end. Rejects with `connection_lost`, `timeout` or the signal's reason. */
  async next(): Promise<Uint8Array | undefined> {
    const { deadline, response } = this.#answer;
    for (;;) {
      deadline.extend();
      try {
        const { value } = (await this.#reader?.read()) ?? {};
        deadline.pause(); // whoever reads may take their time
        if (!value) {
          deadline.end();
          return undefined;
        }
        const piece = value.subarray(this.skip);
        this.skip -= value.length - piece.length;
        if (piece.length > 0) return piece;
      } catch (error) {
        throw deadline.end() ?? unreachable('GET', response.url, error);
      }
    }
  }

  cancel(): void {
    this.#answer.deadline.end();
    this.#reader?.cancel().catch(() => {});
  }
}
