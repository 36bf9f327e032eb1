/**
 * Streams over an MQTT broker: from pages and workers by WebSocket, from Node also by TCP and TLS.
 *
 * ```ts
 * const publisher = new MqttPublisher({ url: 'wss://broker.example/mqtt', qos: 1 });
 * const subscriber = new MqttSubscriber('plant/+/temperature', { url: 'wss://broker.example/mqtt', qos: 1, clientId: 'board-1', clean: false });
 * ```
 *
 * MQTT 5 where the broker has it, else 3.1.1. What talks MQTT is loaded at the first connect.
 */
export { MqttConnection } from './mqtt/connection.js';
export type { MqttConnectionOptions, MqttCredentials, MqttOn, MqttReconnectOptions, MqttTlsOptions } from './mqtt/options.js';
export { MqttPublisher, type MqttPublisherOptions } from './mqtt/publisher.js';
export type { MqttState } from './mqtt/state.js';
export { MqttSubscriber, type MqttSubscriberOptions } from './mqtt/subscriber.js';
