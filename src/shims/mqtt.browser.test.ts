import { afterAll, describe, inject, it } from 'vitest';
import { describeMqttShims } from '../../e2e/support/mqtt-shims.js';
import { farWorlds } from '../testing/index.js';

const aedes = inject('aedes').wsUrl;
const mosquitto = inject('mosquitto').wsUrl;

const worker = new Worker(new URL('../../e2e/pages/far-mqtt-worker.ts', import.meta.url), { type: 'module' });
afterAll(() => worker.terminate());

/** Mosquitto 2.0 writes a large packet to a WebSocket at some 32 KiB per second unless something else keeps it awake. Over TCP it does not. */
const largestPayload = 2 ** 16;

describeMqttShims(
  [
    // When a session comes back, Aedes sends what is published then between what it had kept.
    { broker: 'Aedes over WebSocket', url: aedes, overtakes: true, longRun: [10_000, 2000] },
    { broker: 'Mosquitto over WebSocket', url: mosquitto, largestPayload, longRun: [2000, 10_000] },
    { broker: 'Mosquitto over WebSocket in MQTT 3.1.1', url: mosquitto, protocolVersion: 4, largestPayload, longRun: [2000, 2000] },
    { broker: 'Mosquitto over WebSocket from a worker', url: mosquitto, largestPayload, longRun: [2000, 2000], open: farWorlds(worker) },
  ],
  // Mosquitto 2.0 looks after a quiet WebSocket ten times a second, so that most tests wait most of the time.
  { describe: describe.concurrent, it },
);
