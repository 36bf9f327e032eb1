import { type EventPublisher, type Publisher, StreamProducer } from 'proxystream';
import { type Quake, wallClock } from './quake.js';

/** Publishes earthquakes, each under the topic of its network. */
export function openReplay(publisher: Publisher | EventPublisher, topics: readonly string[]) {
  const producer = new StreamProducer<Quake>(publisher);
  return {
    stats: producer.stats,
    publish(quake: Quake) {
      const { mag, place, time } = quake;
      return producer.send(topicOf(quake), quake, {
        metadata: { mag, place, time, sent: wallClock() },
      });
    },
    end() {
      return producer.close({ topics, publisher: false, timeoutMs: 2000 });
    },
  };
}

export function topicOf({ network }: Quake) {
  return `quakes/${network}`;
}
