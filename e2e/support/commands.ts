import type { BrowserCommand } from 'vitest/node';
import { startAedes } from './aedes.js';
import { startFaultProxy } from './fault-proxy.js';
import { startMosquitto } from './mosquitto.js';

/** The parts that a browser test can ask the test runner for. Their arguments and answers are plain data. */
const START = {
  aedes: startAedes,
  mosquitto: startMosquitto,
  faultProxy: startFaultProxy,
};
export type Part = keyof typeof START;

export interface Started {
  readonly id: number;
  /** The part's properties that are plain data. */
  readonly facts: Readonly<Record<string, string | number>>;
}

declare module 'vitest/browser' {
  interface BrowserCommands {
    startPart(part: Part, argument: unknown): Promise<Started>;
    callPart(id: number, method: string, ...values: readonly unknown[]): Promise<unknown>;
  }
}

const parts = new Map<number, Record<string, unknown>>();
let latest = 0;

const startPart: BrowserCommand<[part: Part, argument: unknown], Started> = async (_context, part, argument) => {
  const started = (await START[part](argument as never)) as unknown as Record<string, unknown>;
  const id = ++latest;
  parts.set(id, started);
  const facts = Object.entries(started).filter((entry): entry is [string, string | number] => /string|number/.test(typeof entry[1]));
  return { id, facts: Object.fromEntries(facts) };
};

const callPart: BrowserCommand<[id: number, method: string, ...values: unknown[]], unknown> = async (_context, id, method, ...values) => {
  const part = parts.get(id);
  const call = part?.[method];
  if (typeof call !== 'function') throw new TypeError(`Part ${id} of the test support has no "${method}"`);
  return await call.apply(part, values);
};

/** For `test.browser.commands`; tests use them through `browser.ts` beside. */
export const supportCommands = { startPart, callPart };
