import { type AnySubscriber, StreamConsumer } from 'proxystream';
import type { View } from './board-view.js';
import type { Quake } from './quake.js';

/** Draws one stream after the other, until the subscriber is closed. */
export async function watch(subscriber: AnySubscriber, view: View) {
  while (view.open) {
    const consumer = new StreamConsumer<Quake>(subscriber, {
      filter: ({ mag }) => mag < view.minimum, // true drops
      endOfStream: 1, // producer that has ended all its topics
    });
    view.begin(consumer.stats);
    for await (const [{ sent }, quake] of consumer.iterWithMetadata()) {
      view.draw(quake, sent);
    }
    view.end();
  }
}
