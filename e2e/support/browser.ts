/** `index.ts` for tests that run in a page: the same brokers and proxies, started in the test runner and gone when the test is over. */
import { onTestFinished } from 'vitest';
import { commands } from 'vitest/browser';
import type { Broker } from './broker.js';
import type { Part } from './commands.js';
import type { Fault, FaultCounts } from './fault-proxy.js';
import type { MosquittoOptions } from './mosquitto.js';

export type RemoteBroker = Omit<Broker, typeof Symbol.asyncDispose>;

export interface RemoteFaultProxy {
  readonly url: string;
  readonly port: number;
  set(fault: Fault): Promise<void>;
  counts(): Promise<FaultCounts>;
  close(): Promise<void>;
}

export function startAedes(options: { readonly port?: number; readonly tcpPort?: number } = {}): Promise<RemoteBroker> {
  return start<RemoteBroker>('aedes', options, ['kill', 'restart', 'stop'], 'stop');
}

export function startMosquitto(options: MosquittoOptions = {}): Promise<RemoteBroker & { log(): Promise<string> }> {
  return start<RemoteBroker & { log(): Promise<string> }>('mosquitto', options, ['kill', 'restart', 'stop', 'log'], 'stop');
}

export function startFaultProxy(target: string): Promise<RemoteFaultProxy> {
  return start<RemoteFaultProxy>('faultProxy', target, ['set', 'counts', 'close'], 'close');
}

async function start<T>(part: Part, argument: unknown, methods: readonly string[], last: string): Promise<T> {
  const { id, facts } = await commands.startPart(part, argument);
  onTestFinished(async () => {
    await commands.callPart(id, last);
  });
  const calls = methods.map((method) => [method, (...values: unknown[]) => commands.callPart(id, method, ...values)]);
  return { ...facts, ...Object.fromEntries(calls) } as T;
}
