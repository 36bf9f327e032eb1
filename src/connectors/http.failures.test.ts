/** What an endpoint may do instead of its duty, and what becomes of it. */
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import type { Requests, Trouble } from '../../e2e/support/trouble.js';
import { keyFor, noise } from '../testing/connector-place.js';
import { HttpConnector, type HttpConnectorOptions } from './http.js';

const SIZE = 200_000;

/** A connector to an endpoint in that trouble, beside a good one to the same objects. */
function scene(trouble: Trouble, options: Partial<HttpConnectorOptions> = {}) {
  const test = crypto.randomUUID();
  const url = inject('trouble');
  const connector = new HttpConnector({ url: `${url}${trouble}/${test}/`, timeoutMs: 5000, ...options });
  const good = new HttpConnector({ url: `${url}fine/other-${test}/` });
  onTestFinished(async () => {
    await Promise.all([connector.close(), good.close()]);
  });
  const requests = async () => (await (await fetch(`${url}requests/${test}`)).json()) as Requests;
  const put = async (size = SIZE) => {
    const key = keyFor(size);
    await good.put(key, noise(size));
    return key;
  };
  return { connector, good, requests, put, stolen: async () => (await (await fetch(`${url}requests/stolen`)).json()) as Requests };
}

describe('an endpoint that answers with pages', () => {
  test.each([
    ['put', (connector: HttpConnector) => connector.put(keyFor(3), noise(3))],
    ['get', (connector: HttpConnector) => connector.get(keyFor(15), { size: 15 })],
    ['exists', (connector: HttpConnector) => connector.exists(keyFor(3))],
    ['evict', (connector: HttpConnector) => connector.evict(keyFor(3))],
  ])('is refused to %s', async (_, ask) => {
    const { connector, requests } = scene('pages');
    await expect(ask(connector)).rejects.toMatchObject({ code: 'refused', details: { status: 200 } });
    expect(await requests()).toHaveLength(1);
  });
});

describe('an endpoint that sends us elsewhere', () => {
  test('is refused, and nobody is asked there', async () => {
    const { connector, stolen } = scene('elsewhere');
    const key = keyFor(3);
    await expect(connector.put(key, noise(3))).rejects.toMatchObject({ code: 'refused' });
    await expect(connector.get(key)).rejects.toMatchObject({ code: 'refused' });
    await expect(connector.exists(key)).rejects.toMatchObject({ code: 'refused' });
    await expect(connector.evict(key)).rejects.toMatchObject({ code: 'refused' });
    expect((await stolen()).filter((line) => line.includes(key))).toEqual([]);
  });
});

describe('an endpoint that is busy', () => {
  test('is asked again until it has time', async () => {
    const { connector, requests } = scene('busy');
    const key = keyFor(3);
    await connector.put(key, noise(3));
    expect(await connector.get(key, { size: 3 })).toEqual(noise(3));
    expect((await requests()).map((line) => line.split(' ')[0])).toEqual(['PUT', 'PUT', 'PUT', 'GET', 'GET', 'GET']);
  });

  test('for good is given up with its answer', async () => {
    const { connector, requests } = scene('overrun', { attempts: 2 });
    await expect(connector.get(keyFor(3))).rejects.toMatchObject({ code: 'refused', details: { status: 503 } });
    expect(await requests()).toHaveLength(2);
  });
});

describe('an endpoint that wants a token', () => {
  test('is shown a new one, once', async () => {
    let asked = 0;
    const { connector, requests } = scene('locked', { headers: async () => ({ authorization: `Bearer ${++asked}` }) });
    await connector.put(keyFor(3), noise(3));
    expect((await requests()).map((line) => line.split(' ').slice(-2).join(' '))).toEqual(['Bearer 1', 'Bearer 2']);
  });

  test('and does not get a good one is given up', async () => {
    const { connector, requests } = scene('locked', { headers: () => ({ authorization: 'Bearer old' }) });
    await expect(connector.get(keyFor(3))).rejects.toMatchObject({ code: 'not_authorized', details: { status: 401 } });
    expect(await requests()).toHaveLength(2);
  });

  test('in its URL is asked by the URL that is signed for each request, and the event shows none of it', async () => {
    const signed: string[] = [];
    const { connector, put } = scene('cut-once', {
      sign: async ({ method, url }) => {
        signed.push(method);
        return `${url}?signature=secret`;
      },
    });
    const key = await put();
    expect(await connector.get(key, { size: SIZE })).toEqual(noise(SIZE));
    await connector.put(keyFor(1), noise(1));
    expect(signed).toEqual(['GET', 'GET', 'PUT']);
    expect(JSON.stringify(connector.config)).not.toContain('secret');
  });
});

test('an endpoint without room rejects with quota_exceeded', async () => {
  const { connector } = scene('full');
  await expect(connector.put(keyFor(3), noise(3))).rejects.toMatchObject({ code: 'quota_exceeded' });
});

describe('a download that breaks off', () => {
  test('goes on where it was, and tells how far it is', async () => {
    const { connector, put, requests } = scene('cut');
    const key = await put();
    const heard: number[] = [];
    expect(await connector.get(key, { size: SIZE, onProgress: (loaded) => heard.push(loaded) })).toEqual(noise(SIZE));
    expect(heard).toEqual([...heard].sort((a, b) => a - b));
    const starts = (await requests()).map((line) => Number(/bytes=(\d+)-/.exec(line)?.[1] ?? 0));
    // A browser may have thrown away what came right before the error: then the same is asked for again, but nothing that was heard of.
    expect(starts).toEqual([...starts].sort((a, b) => a - b));
    expect(starts).toEqual(expect.arrayContaining([0, SIZE / 2, SIZE * 0.75]));
  });

  test('is streamed all the same', async () => {
    const { connector, put } = scene('cut');
    const stream = await connector.stream(await put(), { size: SIZE });
    expect(new Uint8Array(await new Response(stream).arrayBuffer())).toEqual(noise(SIZE));
  });

  test('begins anew where the endpoint knows no ranges, and shows no byte twice', async () => {
    const { connector, put } = scene('cut-once');
    expect(await connector.get(await put(), { size: SIZE })).toEqual(noise(SIZE));
  });

  test('goes on, too, when it just stops', async () => {
    const { connector, put, requests } = scene('stuck', { timeoutMs: 200 });
    expect(await connector.get(await put(), { size: SIZE })).toEqual(noise(SIZE));
    expect(await requests()).toHaveLength(2);
  });

  test('because it is given up asks for nothing more', async () => {
    const { connector, put, requests } = scene('stuck');
    const control = new AbortController();
    const getting = connector.get(await put(), { size: SIZE, signal: control.signal, onProgress: () => control.abort('enough') });
    await expect(getting).rejects.toBe('enough');
    expect(await requests()).toHaveLength(1);
  });

  test('because the object goes meanwhile says that it is missing', async () => {
    const { connector, good, put } = scene('cut');
    const key = await put();
    const getting = connector.get(key, { size: SIZE, onProgress: () => void good.evict(key) });
    await expect(getting).rejects.toMatchObject({ code: 'object_missing' });
  });
});

test.each<[Trouble, number]>([
  ['short', SIZE],
  ['endless', SIZE],
])('an endpoint that is %s brings no object, and soon', async (trouble, size) => {
  const { connector, put } = scene(trouble);
  await expect(connector.get(await put(), { size })).rejects.toMatchObject({ code: 'object_corrupt' });
});

test('an endpoint that says nothing is given up after its time, by get and by put', async () => {
  const { connector } = scene('silent', { timeoutMs: 100, attempts: 2 });
  await expect(connector.get(keyFor(3))).rejects.toMatchObject({ code: 'timeout' });
  await expect(connector.put(keyFor(3), noise(3))).rejects.toMatchObject({ code: 'timeout' });
});

test('an endpoint that is gone is a lost connection', async () => {
  const connector = new HttpConnector({ url: 'http://127.0.0.1:9/', attempts: 2 });
  await expect(connector.get(keyFor(3))).rejects.toMatchObject({ code: 'connection_lost' });
});

test('closing ends what is under way', async () => {
  const { connector, put } = scene('stuck');
  const getting = connector.get(await put(), { size: SIZE, onProgress: () => void connector.close() });
  await expect(getting).rejects.toMatchObject({ code: 'closed' });
});

describe('an answer that is lost', () => {
  test('costs an object nothing', async () => {
    const { connector, good } = scene('lost');
    const key = keyFor(10);
    await connector.put(key, noise(10));
    expect(await good.get(key)).toEqual(noise(10));
  });

  test('of a release is not counted twice', async () => {
    const { connector, good } = scene('lost');
    const key = keyFor(10, 3);
    await good.put(key, noise(10));
    await connector.release(key);
    await good.release(key);
    expect(await good.exists(key)).toBe(true);
    await good.release(key);
    expect(await good.exists(key)).toBe(false);
  });
});

test.each([
  ['no folder', 'http://a.example/objects'],
  ['another protocol', 'ftp://a.example/'],
  ['a password', 'http://me:secret@a.example/'],
  ['a token', 'http://a.example/?token=secret'],
])('a URL with %s is a TypeError', (_, url) => {
  expect(() => new HttpConnector({ url })).toThrow(TypeError);
});
