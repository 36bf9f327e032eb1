import { describe, inject, it } from 'vitest';
import { describeMqttShims } from '../../e2e/support/mqtt-shims.js';

const aedes = inject('aedes').tcpUrl;
const mosquitto = inject('mosquitto').tcpUrl;

describeMqttShims(
  [
    // When a session comes back, Aedes sends what is published then between what it had kept.
    { broker: 'Aedes over TCP', url: aedes, overtakes: true },
    { broker: 'Mosquitto over TCP', url: mosquitto },
    { broker: 'Mosquitto over TCP in MQTT 3.1.1', url: mosquitto, protocolVersion: 4 },
    { broker: 'shared subscriptions of Mosquitto over TCP', url: mosquitto, shared: true },
  ],
  { describe, it },
);
