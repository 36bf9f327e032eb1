import type { AedesOptions } from 'aedes';
import { describe, expect, inject, test } from 'vitest';
import { startAedes, startFaultProxy, startMosquitto } from '../../../e2e/support/index.js';
import { bytes, freshTopic, numbers, reaches, read, readUntil } from '../../../e2e/support/mqtt-scene.js';
import { MqttConnection, MqttPublisher, MqttSubscriber } from '../mqtt.js';

const quick = { reconnect: { minMs: 5, maxMs: 50 } };

describe('a broker that dies', () => {
  test('and comes back with its sessions has lost nothing that was promised', async () => {
    await using broker = await startMosquitto({ persistence: true });
    const topic = freshTopic();
    await using subscriber = new MqttSubscriber(topic, { url: broker.tcpUrl, clientId: 'keeper', clean: false, ...quick });
    await using publisher = new MqttPublisher({ url: broker.tcpUrl, ...quick });
    await subscriber.ready();
    const first = Promise.all(numbers(50).map((n) => publisher.send(topic, bytes(n))));
    expect(await read(subscriber, 50)).toEqual(numbers(50));
    await first;

    const waits = reaches(publisher.connection, 'waiting');
    await broker.kill();
    expect((await waits).error).toMatchObject({ code: 'connection_lost' });
    const second = Promise.all(numbers(50, 50).map((n) => publisher.send(topic, bytes(n))));
    await broker.restart();
    await second;
    // A broker that was killed may have forgotten that the first ones were acknowledged.
    const seen = firstTimes(await readUntil(subscriber, '99'));
    expect(seen.filter((n) => Number(n) >= 50)).toEqual(numbers(50, 50));
  });

  test('and comes back without them says so: a gap stands where messages may be missing', async () => {
    await using broker = await startAedes();
    const topic = freshTopic();
    await using kept = new MqttSubscriber(topic, { url: broker.wsUrl, clientId: 'kept', clean: false, ...quick });
    await using clean = new MqttSubscriber(topic, { url: broker.wsUrl, ...quick });
    await using publisher = new MqttPublisher({ url: broker.wsUrl, ...quick });
    await Promise.all([kept.ready(), clean.ready()]);
    await publisher.send(topic, bytes('before'));
    for (const subscriber of [kept, clean]) await expect.poll(() => subscriber.buffered).toBe(1);
    const gone = Promise.all([kept, clean].map(({ connection }) => reaches(connection, 'waiting')));
    await broker.restart();
    await gone;
    await Promise.all([kept.ready(), clean.ready()]);
    await publisher.send(topic, bytes('after'));
    for (const subscriber of [kept, clean]) expect(await read(subscriber, 3)).toEqual(['before', '!gap session_lost', 'after']);
  });
});

describe('a bad connection', () => {
  test('cut in the middle of a packet: what was sent arrives, in order', async () => {
    const topic = freshTopic();
    const { tcpUrl: url } = inject('mosquitto');
    await using proxy = await startFaultProxy(url);
    await using subscriber = new MqttSubscriber(topic, { url: proxy.url, clientId: topic.slice(2, 22), clean: false, ...quick });
    await using publisher = new MqttPublisher({ url: proxy.url, inFlight: 4, ...quick });
    await Promise.all([subscriber.ready(), publisher.ready()]);
    const payload = (n: string) => bytes(n.padEnd(3000, '.'));
    let sent = 0;
    for (const direction of ['up', 'down', 'up'] as const) {
      const { accepted } = proxy.counts();
      await proxy.set({ kind: 'cut', afterBytes: 4000, direction });
      do await publisher.send(topic, payload(String(sent++)));
      while (proxy.counts().accepted === accepted);
      await proxy.set({ kind: 'pass' });
    }
    await publisher.send(topic, bytes('last'));
    const seen = await readUntil(subscriber, 'last');
    expect(firstTimes(seen.map((n) => n.replace(/\.+$/, '')))).toEqual([...numbers(sent), 'last']);
  });

  test('a black hole is noticed by the keepalive, and nothing is lost', async () => {
    const topic = freshTopic();
    const { tcpUrl: url } = inject('mosquitto');
    await using proxy = await startFaultProxy(url);
    await using subscriber = new MqttSubscriber(topic, {
      url: proxy.url,
      clientId: topic.slice(2, 22),
      clean: false,
      keepalive: 1,
      ...quick,
    });
    await using publisher = new MqttPublisher({ url: proxy.url, keepalive: 1, connectTimeoutMs: 300, ...quick });
    await Promise.all([subscriber.ready(), publisher.ready()]);
    const noticed = [subscriber, publisher].map(({ connection }) => reaches(connection, 'waiting'));
    await proxy.set({ kind: 'black-hole' });
    const sending = publisher.send(topic, bytes('through'));
    for (const { error } of await Promise.all(noticed)) expect(error.code).toBe('timeout');
    await proxy.set({ kind: 'reset' });
    await proxy.set({ kind: 'pass' });
    await sending;
    expect(firstTimes(await readUntil(subscriber, 'through'))).toEqual(['through']);
  });

  test('a dial that nobody answers ends by its deadline', async () => {
    await using proxy = await startFaultProxy(inject('mosquitto').tcpUrl);
    await proxy.set({ kind: 'black-hole' });
    await using publisher = new MqttPublisher({ url: proxy.url, connectTimeoutMs: 50, reconnect: { attempts: 2, minMs: 1 } });
    const { error } = await failing(publisher.send('a', bytes('')), publisher.connection);
    expect(error).toMatchObject({ code: 'connection_lost', retryable: true });
  });

  test('nobody there: sends wait, reject, time out or are aborted, as asked; closing ends them', async () => {
    const url = 'ws://127.0.0.1:9/mqtt';
    await using patient = new MqttPublisher({ url, ...quick });
    await using hasty = new MqttPublisher({ connection: patient.connection, whenOffline: 'reject' });
    await using limited = new MqttPublisher({ connection: patient.connection, sendTimeoutMs: 20 });
    const waiting = patient.send('a', bytes(''));
    await expect(hasty.send('a', bytes(''))).rejects.toMatchObject({ code: 'not_connected' });
    await expect(limited.send('a', bytes(''))).rejects.toMatchObject({ code: 'timeout' });
    const abort = new AbortController();
    const aborted = patient.send('a', bytes(''), { signal: abort.signal });
    const unready = patient.ready({ signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    await expect(unready).rejects.toThrow('enough');
    expect((await reaches(patient.connection, 'waiting')).error.code).toBe('connection_lost');
    const ends = expect(waiting).rejects.toMatchObject({ code: 'closed' });
    await patient.connection.close();
    await ends;
  });

  test('the QoS 0 messages that a full socket held when it broke are told of', async () => {
    await using proxy = await startFaultProxy(inject('mosquitto').tcpUrl);
    await using publisher = new MqttPublisher({ url: proxy.url, qos: 0, ...quick });
    await publisher.ready();
    await proxy.set({ kind: 'black-hole' });
    const outcomes = Promise.allSettled(numbers(16).map(() => publisher.send('big', new Uint8Array(2 ** 20))));
    await expect.poll(() => publisher.pending).toBeLessThan(17);
    await proxy.set({ kind: 'reset' });
    await proxy.set({ kind: 'pass' });
    const reasons = (await outcomes).flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason.code] : []));
    expect(reasons.length).toBeGreaterThan(0);
    expect(new Set(reasons)).toEqual(new Set(['connection_lost']));
  });
});

describe('a broker that refuses', () => {
  test('never gets more than it allows to be under way', async () => {
    await using broker = await startMosquitto({ config: ['max_inflight_messages 2'] });
    await using publisher = new MqttPublisher({ url: broker.tcpUrl, inFlight: 200 });
    const states: string[] = [];
    publisher.connection.onState(({ status }) => states.push(status));
    await Promise.all(numbers(500).map((n) => publisher.send('a', bytes(n))));
    expect(states.filter((status) => status !== 'connecting')).toEqual(['connected']);
  });

  test('MQTT 5 is asked in 3.1.1 from then on; where 5 is demanded, that is the error', async () => {
    const { wsUrl: url } = inject('aedes');
    await using publisher = new MqttPublisher({ url });
    await publisher.ready();
    expect(publisher.connection.state).toMatchObject({ protocol: 4 });
    await using demanding = new MqttPublisher({ url, protocolVersion: 5 });
    const { error } = await failing(demanding.send('a', bytes('')), demanding.connection);
    expect(error.code).toBe('unsupported');
  });

  test.each([4, 5] as const)(
    'a wrong password fails for good, and a renewed one is asked for once more (MQTT %i)',
    async (protocolVersion) => {
      await using broker = await startMosquitto({ users: { ada: 'right' } });
      const options = { url: broker.tcpUrl, protocolVersion, ...quick };
      await using wrong = new MqttPublisher({ ...options, credentials: { username: 'ada', password: 'wrong' } });
      const { error } = await failing(wrong.send('a', bytes('')), wrong.connection);
      expect(error.code).toBe('not_authorized');

      const asked: string[] = [];
      const passwords = ['stale', 'right'];
      await using renewed = new MqttPublisher({
        ...options,
        credentials: async () => {
          const password = passwords[asked.length] ?? 'right';
          asked.push(password);
          return { username: 'ada', password };
        },
      });
      await renewed.send('a', bytes(''));
      expect(asked).toEqual(['stale', 'right']);

      await using hopeless = new MqttSubscriber('a', { ...options, credentials: () => ({ username: 'ada', password: 'never' }) });
      await expect(hopeless.ready()).rejects.toMatchObject({ code: 'not_authorized' });
      await expect(read(hopeless, 1)).rejects.toMatchObject({ code: 'not_authorized' });
      expect(hopeless.connection.state.status).toBe('failed');
    },
  );

  test('credentials that cannot be had are asked for again', async () => {
    const answers = [() => Promise.reject(new Error('offline')), () => new Promise<never>(() => {}), () => ({})];
    await using publisher = new MqttPublisher({
      url: inject('mosquitto').tcpUrl,
      connectTimeoutMs: 1000,
      credentials: () => answers.shift()?.() ?? {},
      ...quick,
    });
    const waits = reaches(publisher.connection, 'waiting');
    await publisher.send('a', bytes(''));
    expect((await waits).error.cause).toMatchObject({ message: 'offline' });
    expect(answers).toEqual([]);
  });

  test('a subscription that is refused ends with that, and others go on', async () => {
    const authorizeSubscribe: NonNullable<AedesOptions['authorizeSubscribe']> = (_client, subscription, callback) =>
      callback(null, subscription.topic === 'shut' ? null : subscription);
    await using broker = await startAedes({ aedes: { authorizeSubscribe } });
    await using connection = new MqttConnection({ url: broker.tcpUrl });
    const shut = new MqttSubscriber('shut', { connection });
    await expect(shut.ready()).rejects.toMatchObject({ code: 'refused' });
    await expect(read(shut, 1)).rejects.toMatchObject({ code: 'refused' });
    const open = new MqttSubscriber('open', { connection });
    await open.ready();
    await new MqttPublisher({ connection }).send('open', bytes('in'));
    expect(await read(open, 1)).toEqual(['in']);
  });

  test('a publish that is not allowed rejects, a subscription too, and others go on', async () => {
    await using broker = await startMosquitto({ acl: 'topic readwrite open/#' });
    await using connection = new MqttConnection({ url: broker.tcpUrl });
    const subscriber = new MqttSubscriber('open/a', { connection });
    const publisher = new MqttPublisher({ connection });
    await subscriber.ready();
    const [refused, kept] = await Promise.allSettled([publisher.send('shut/a', bytes('')), publisher.send('open/a', bytes('in'))]);
    expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'not_authorized', retryable: false } });
    expect(kept.status).toBe('fulfilled');
    expect(await read(subscriber, 1)).toEqual(['in']);
  });

  test('a packet that is too large rejects at once on MQTT 5; on 3.1.1 when the broker has hung up on it repeatedly. Others go on', async () => {
    await using broker = await startMosquitto({ maxPacketSize: 2000 });
    const topic = freshTopic();
    await using subscriber = new MqttSubscriber(topic, { url: broker.tcpUrl });
    await subscriber.ready();
    for (const [protocolVersion, code] of [
      [5, 'too_large'],
      [4, 'refused'],
    ] as const) {
      await using publisher = new MqttPublisher({ url: broker.tcpUrl, protocolVersion, ...quick });
      const outcomes = await Promise.allSettled([
        publisher.send(topic, bytes('a')),
        publisher.send(topic, new Uint8Array(3000)),
        publisher.send(topic, bytes('b')),
      ]);
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect(outcomes[1]).toMatchObject({ reason: { code } });
      expect(firstTimes(await readUntil(subscriber, 'b'))).toEqual(['a', 'b']);
    }
  });

  test.each(['mosquitto', 'aedes'] as const)('a session that is taken over ends: nobody fights for it (%s)', async (broker) => {
    const session = { url: inject(broker).tcpUrl, clientId: freshTopic().slice(2, 22), clean: false };
    await using first = new MqttSubscriber('a', session);
    await first.ready();
    const ended = expect(read(first, 1)).rejects.toMatchObject({ code: 'session_taken_over' });
    await using second = new MqttSubscriber('a', session);
    await second.ready();
    await ended;
    expect(first.connection.state).toMatchObject({ status: 'failed', error: { code: 'session_taken_over' } });
    expect(second.connection.state.status).toBe('connected');
  });

  test('a broker that keeps hanging up without a word has given the session to somebody else', async () => {
    await using broker = await startAedes();
    await using publisher = new MqttPublisher({ url: broker.tcpUrl, clientId: 'wanted', reconnect: { minMs: 1, maxMs: 2 } });
    broker.aedes.on('clientReady', (client) => client.close());
    await publisher.ready();
    const { error } = await reaches(publisher.connection, 'failed');
    expect(error.code).toBe('session_taken_over');
  });
});

describe('closing', () => {
  test.each([inject('mosquitto').tcpUrl, inject('mosquitto').wsUrl, 'mqtt://127.0.0.1:9'])(
    'leaves no timer and no socket behind (%s)',
    async (url) => {
      const busy = () => process.getActiveResourcesInfo().filter((name) => /Timeout|TCP/.test(name)).length;
      const before = busy();
      const publisher = new MqttPublisher({ url, sendTimeoutMs: 60_000 });
      const subscriber = new MqttSubscriber('a', { url });
      if (url.endsWith(':9')) void subscriber.batches();
      else await subscriber.ready();
      const sending = Promise.allSettled([publisher.send('a', bytes(''))]);
      const reading = Promise.allSettled([read(subscriber, 1)]);
      if (url.endsWith(':9')) await reaches(publisher.connection, 'waiting');
      else await Promise.all([sending, reading]);
      await Promise.all([publisher.close(), subscriber.close()]);
      await Promise.all([sending, reading]);
      while (busy() > before) await new Promise((resolve) => setImmediate(resolve));
    },
  );
});

async function failing(sending: Promise<void>, connection: MqttConnection) {
  await expect(sending).rejects.toThrow();
  return reaches(connection, 'failed');
}

/** At least once is the promise: each as it came first. */
function firstTimes(seen: readonly string[]): string[] {
  return [...new Set(seen)];
}
