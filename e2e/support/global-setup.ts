import type { TestProject } from 'vitest/node';
import { startAedes } from './aedes.js';
import { startMosquitto } from './mosquitto.js';
import { startNginx } from './nginx.js';
import { startObjects } from './objects.js';
import { startTrouble } from './trouble.js';

/** Where a broker listens: `wsUrl` for pages, `tcpUrl` for Node. */
export interface BrokerUrls {
  readonly wsUrl: string;
  readonly tcpUrl: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    /** MQTT 3.1.1 only. */
    aedes: BrokerUrls;
    mosquitto: BrokerUrls;
    /** Where a real nginx keeps objects. */
    nginx: string;
    /** Where the demo server's endpoint does. */
    objects: string;
    /** One that does not, in the way that the URL says. */
    trouble: string;
  }
}

/** One broker and one object server of each kind for a whole run: tests that need nothing else of a broker `inject('mosquitto')` and keep to topics of their own. */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  // Each project inherits this set-up, and what the root provides.
  if (!project.isRootProject()) return undefined;
  // First what may be missing on this machine: nothing runs yet that a failure would leave behind.
  const nginx = await startNginx();
  const brokers = { aedes: await startAedes(), mosquitto: await startMosquitto() };
  for (const name of ['aedes', 'mosquitto'] as const) {
    const { wsUrl, tcpUrl } = brokers[name];
    project.provide(name, { wsUrl, tcpUrl });
  }
  const [objects, trouble] = await Promise.all([startObjects(), startTrouble()]);
  project.provide('nginx', nginx.url);
  project.provide('objects', objects.url);
  project.provide('trouble', trouble.url);
  return async () => {
    await Promise.all([nginx.stop(), objects.stop(), trouble.stop(), brokers.aedes.stop(), brokers.mosquitto.stop()]);
  };
}
