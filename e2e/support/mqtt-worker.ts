/** A worker that publishes what it is told to, and says when that was acknowledged. */
import { MqttPublisher } from '../../src/shims/mqtt.js';

interface Order {
  readonly url: string;
  readonly topic: string;
  readonly texts: readonly string[];
}

addEventListener('message', async ({ data: { url, topic, texts } }: MessageEvent<Order>) => {
  await using publisher = new MqttPublisher({ url });
  await Promise.all(texts.map((text) => publisher.send(topic, new TextEncoder().encode(text))));
  postMessage(publisher.published);
});
