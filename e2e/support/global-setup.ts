import type { TestProject } from 'vitest/node';
import { startAedes } from './aedes.js';
import { startMosquitto } from './mosquitto.js';

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
  }
}

/** One broker of each kind for a whole run: tests that need nothing else of a broker `inject('mosquitto')` and keep to topics of their own. */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  // Each project inherits this set-up, and what the root provides.
  if (!project.isRootProject()) return undefined;
  const brokers = { aedes: await startAedes(), mosquitto: await startMosquitto() };
  for (const name of ['aedes', 'mosquitto'] as const) {
    const { wsUrl, tcpUrl } = brokers[name];
    project.provide(name, { wsUrl, tcpUrl });
  }
  return async () => {
    await Promise.all([brokers.aedes.stop(), brokers.mosquitto.stop()]);
  };
}
