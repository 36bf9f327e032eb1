/** The other end of the broker, in this process and with no fault in between: a device that publishes, an archive that reads. */
import { type BatchSubscriber, StreamConsumer, type StreamError, StreamProducer } from '../../src/index.js';
import { MqttPublisher, MqttSubscriber } from '../../src/shims/mqtt.js';
import { hashOf, type Payload, payload } from './cast.js';
import type { Recorder } from './recorder.js';

const QUICK = { reconnect: { minMs: 30, maxMs: 200 } };

/** Publishes stamped messages. */
export function device(url: string, topics: string, { tell }: Recorder) {
  const producer = new StreamProducer<Payload>(new MqttPublisher({ url, ...QUICK }));
  let next = 0;
  const send = async (one: Payload) => {
    const stamp = { producer: 'device', seq: one.seq };
    try {
      await producer.send(`${topics}/device`, one);
      tell({ is: 'promised', ...stamp });
    } catch (error) {
      const { code, message } = error as StreamError;
      if (code !== 'closed') tell({ is: 'refused', ...stamp, code, message });
    }
  };
  return {
    publish(count: number, bytes: number): void {
      for (let i = 0; i < count; i++) {
        const one = payload('device', next++, bytes);
        tell({ is: 'offered', producer: 'device', seq: one.seq, hash: hashOf(one) });
        void send(one);
      }
    },
    close: () => producer.close({ timeoutMs: 1 }).catch(() => {}),
  };
}

/** Reads everything. Settles when it hears what is published from now on. */
export async function archive(url: string, topics: string, { tell }: Recorder) {
  const stay = { cursor: 'archive', life: 'archive' };
  const subscriber: BatchSubscriber = new MqttSubscriber(`${topics}/+`, { url, clientId: `${topics}-archive`, clean: false, ...QUICK });
  const hear = ({ code, details, message }: StreamError) => tell({ is: 'news', ...stay, code, reason: String(details.reason ?? message) });
  const consumer = new StreamConsumer<Payload>(subscriber, { endOfStream: 'never', onGap: hear, onInvalid: hear });
  const reading = (async () => {
    for await (const item of consumer) tell({ is: 'delivered', ...stay, producer: item.producer, seq: item.seq, hash: hashOf(item) });
  })();
  await subscriber.ready?.();
  tell({ is: 'reading', ...stay });
  return {
    async close() {
      await consumer.close();
      await reading;
    },
  };
}
