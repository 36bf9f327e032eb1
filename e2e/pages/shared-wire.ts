/** `/stage?log=…&url=…&topic=…&board=…`: publishes through an outbox and reads, under its own name, from an inbox that other tabs have open, too. */
import { StreamConsumer, StreamProducer } from 'proxystream';
import { openLog } from 'proxystream/log';
import { MqttPublisher, MqttSubscriber } from 'proxystream/shims/mqtt';
import { say } from './drawing.js';

const query = Object.fromEntries(new URLSearchParams(location.search)) as Record<'log' | 'url' | 'topic' | 'board', string>;
const { url, topic, board } = query;
const log = await openLog(query.log);
const options = { url, reconnect: { minMs: 30, maxMs: 200 } };

declare global {
  var sharedWire: {
    openOutbox(): void;
    /** Settles when all are stored. */
    send(texts: readonly string[]): Promise<void>;
    /** Settles when the broker has everything. */
    flush(): Promise<void>;
    /** Settles when everything that is published from now on will be heard. */
    openInbox(): Promise<void>;
    heard: string[];
    /** Whether it is this tab that holds the connection. */
    leads(): boolean;
  };
}

let outbox: ReturnType<typeof log.outbox> | undefined;
let producer: StreamProducer<string> | undefined;

globalThis.sharedWire = {
  openOutbox() {
    outbox = log.outbox(new MqttPublisher(options));
    producer = new StreamProducer<string>(outbox);
  },
  async send(texts) {
    await Promise.all(texts.map((text) => producer?.send(topic, text)));
  },
  async flush() {
    await outbox?.flush();
  },
  async openInbox() {
    const inbox = log.inbox(new MqttSubscriber(topic, { ...options, clientId: `${query.log}-inbox`, clean: false }), {
      inbox: 'shared',
      name: board,
    });
    const consumer = new StreamConsumer<string>(inbox, { endOfStream: 'never' });
    await inbox.ready();
    void (async () => {
      for await (const text of consumer) sharedWire.heard.push(text);
    })();
  },
  heard: [],
  leads: () => log.status.leader,
};
say('ready');
