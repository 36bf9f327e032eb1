import type { Group, Round } from './group.js';
import type { Order, Outcome } from './orders.js';

/** Runs one role, wherever it is: in a tab or in Node. Never rejects. */
export async function runRole(groups: readonly Group[], order: Order, ready: () => void): Promise<Outcome> {
  let started: number | undefined;
  let stopped: number | undefined;
  const round: Round = {
    events: order.events,
    name: order.name,
    urls: order.urls,
    ready,
    start: () => {
      started ??= now();
    },
    stop: () => {
      stopped = now();
    },
  };
  try {
    const contender = groups.find(({ name }) => name === order.group)?.contenders[order.contender];
    const role = typeof contender === 'function' ? contender : contender?.[order.role];
    if (!role) throw new TypeError(`${order.file} has no ${order.group}: ${order.contender}, role ${order.role}`);
    // What the round before left behind is not this one's burden. There with --js-flags=--expose-gc.
    (globalThis as { gc?: () => void }).gc?.();
    const figure = await role(round);
    return { started, stopped, ...(typeof figure === 'number' && { figure }) };
  } catch (error) {
    return { error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
  }
}

function now(): number {
  return performance.timeOrigin + performance.now();
}
