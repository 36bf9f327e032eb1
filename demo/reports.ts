import { type Metadata, type Publisher, StreamConsumer, StreamProducer, type Subscriber } from 'proxystream';
import { type Log, openLog } from 'proxystream/log';

/** What a station reports. Numbered, so that everybody sees whether all of them arrive, once and in order. */
export interface Report {
  readonly no: number;
  readonly mag: number;
  readonly place: string;
}

export const openReports = () => openLog('reports', { maxBytes: 64e6 });

/** `send` settles when the report is stored in this browser. It leaves when there is a connection. */
export function reportTo(log: Log, publisher: () => Publisher, topic: string) {
  const outbox = log.outbox(publisher);
  // A message for each report, so that the backlog counts reports.
  const producer = new StreamProducer<Report>(outbox, { codec: { ...outbox.codec, single: true } });
  return (report: Report) => producer.send(topic, report, { metadata: { sent: Date.now() } });
}

/** Goes on where it stopped, in whichever tab. Asking for the next report says that the one before is dealt with. */
export async function readReports(log: Log, subscriber: () => Subscriber, show: (report: Report, metadata: Metadata) => void) {
  const inbox = log.inbox(subscriber, { name: 'reader', inbox: 'reports' });
  const consumer = new StreamConsumer<Report>(inbox, { endOfStream: 'never' });
  for await (const [metadata, report] of consumer.iterWithMetadata()) show(report, metadata);
}
