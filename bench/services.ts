/** What a group may need beside the browser. */

import { objectEndpoint } from '../demo/objects.js';
import { startAedes } from '../e2e/support/aedes.js';
import { startMosquitto } from '../e2e/support/mosquitto.js';
import { startObjects } from '../e2e/support/objects.js';

interface Running extends AsyncDisposable {
  readonly url: string;
}

const START = { aedes, mosquitto, objects: () => startObjects(objectEndpoint({ anyOrigin: true, maxBytes: 2 ** 29 })) } satisfies Record<
  string,
  () => Promise<Running>
>;

export type Service = keyof typeof START;

/** Where pages find the services that a group needs. */
export type Urls = Readonly<Partial<Record<Service, string>>>;

export interface Services extends AsyncDisposable {
  readonly urls: Urls;
}

export async function startAll(names: readonly Service[]): Promise<Services> {
  const running = await Promise.all(names.map(async (name) => [name, await START[name]()] as const));
  return {
    urls: Object.fromEntries(running.map(([name, { url }]) => [name, url])),
    async [Symbol.asyncDispose]() {
      await Promise.all(running.map(([, service]) => service[Symbol.asyncDispose]()));
    },
  };
}

async function aedes(): Promise<Running> {
  const broker = await startAedes();
  return { url: broker.wsUrl, [Symbol.asyncDispose]: () => broker.stop() };
}

async function mosquitto(): Promise<Running> {
  // As it comes, but for the queue: with the default of 1000 messages it throws away what a publisher sends faster than a subscriber reads.
  const broker = await startMosquitto({ config: ['max_queued_messages 0', 'max_queued_bytes 0'] });
  return { url: broker.wsUrl, [Symbol.asyncDispose]: () => broker.stop() };
}
