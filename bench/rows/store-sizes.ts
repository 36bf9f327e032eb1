/** From which size on is an object worth a store? Where everybody wants every object, at the latest: the default of `inlineBelow` stands on these rows. */
import { type ObjectProxy, StreamConsumer, StreamProducer } from 'proxystream';
import type { Contender, Group } from '../group.js';
import { MQTT, noise, storeOf, TABS, type Wire } from '../store-wires.js';

export default [...sizes('BroadcastChannel', TABS), ...sizes('MQTT', MQTT)] satisfies Group[];

/** Every object is wanted, by the page itself: from which size on is it worth a store? */
function everyOne(wire: Wire, size: number, how: 'by reference' | 'inline'): Contender {
  return [
    async (round) => {
      const store = storeOf(wire, round);
      const subscriber = wire.subscriber(round);
      await subscriber.ready?.();
      round.ready();
      await using consumer = new StreamConsumer<Uint8Array>(subscriber, { stores: [store] });
      let n = 0;
      const pending: Promise<Uint8Array>[] = [];
      for await (const proxy of consumer as AsyncIterable<ObjectProxy<Uint8Array>>) {
        pending.push(proxy.resolve());
        if (++n === round.events) break;
      }
      for (const { length } of await Promise.all(pending)) if (length !== size) throw new Error(`An object of ${length} bytes came`);
      round.stop();
    },
    async (round) => {
      const store = storeOf(wire, round, { inlineBelow: how === 'inline' ? Number.POSITIVE_INFINITY : 0 });
      await using producer = new StreamProducer<Uint8Array>(wire.publisher(round), { defaultStore: store });
      const object = noise(size);
      round.start();
      await Promise.all(Array.from({ length: round.events }, () => producer.send(round.name, object)));
    },
  ];
}

function sizes(name: string, wire: Wire): Group[] {
  return [1, 4, 16, 64].map((kilobytes) => ({
    name: `${kilobytes} kB objects, all wanted, over ${name}`,
    unit: 'events/s',
    better: 'more',
    events: 500,
    ...(wire === MQTT && { needs: ['aedes', 'objects'] as const }),
    contenders: { inline: everyOne(wire, kilobytes * 1024, 'inline'), 'by reference': everyOne(wire, kilobytes * 1024, 'by reference') },
    rows: [{ against: 'by reference' }],
  }));
}
