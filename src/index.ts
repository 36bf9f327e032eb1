/** The public names of `proxystream`; shims have subpaths of their own (`proxystream/shims/…`). */
export { messagePack } from './codec.js';
export {
  type ConsumerOptions,
  type ConsumerOptionsWithStores,
  type NextOptions,
  StreamConsumer,
} from './consumer.js';
export type { ConsumerStats, Delivery } from './delivery.js';
export type { EndOfStreamRule } from './end-of-stream.js';
export { StreamError, type StreamErrorCode, type StreamErrorData, TopicClosedError } from './errors.js';
export {
  type BatchHeader,
  END_OF_STREAM,
  type EndOfStream,
  type EventBatch,
  type InlineEvent,
  type KeyEvent,
  type Metadata,
  type ObjectEvent,
  type StoreConfig,
  type StreamEvent,
} from './events.js';
export { keep } from './filters/keep.js';
export { nullFilter, samplingFilter } from './filters/sampling.js';
export { type JsonCodecOptions, jsonCodec } from './json-codec.js';
export { gap, Mailbox, type MailboxOptions, payloads } from './mailbox.js';
export { ObjectProxy, type ProxyDescriptor } from './object-proxy.js';
export type { StandardSchema } from './object-reader.js';
export type { Aggregator } from './outgoing-batch.js';
export { type ProducerCloseOptions, type ProducerOptions, type ProducerSendOptions, StreamProducer } from './producer.js';
export type {
  AnySubscriber,
  Arrival,
  Batch,
  BatchOptions,
  BatchSubscriber,
  BufferOptions,
  Bulk,
  Codec,
  EventPublisher,
  EventSubscriber,
  Filter,
  GetOptions,
  Lifetime,
  Message,
  MessageProperties,
  Overflow,
  Publisher,
  PublisherLimits,
  SendOptions,
  Store,
  Subscriber,
} from './protocols.js';
export type { ProducerStats } from './publish-line.js';
export { checkTopic, checkTopicFilter, topicMatcher } from './topic.js';
