/** A tab of the bench: asks for orders, runs them, tells what came out. No debugger is attached to it, for one would be told of every WebSocket frame. */
import type { Group } from './group.js';
import type { Order, Outcome } from './orders.js';
import { runRole } from './run-role.js';

const files = import.meta.glob<readonly Group[]>(['./rows/*.ts', '!./rows/*.node.ts'], { import: 'default' });
const here = `/orders/${new URLSearchParams(location.search).get('tab')}`;

let fail = (_error: unknown) => {};
addEventListener('error', ({ error, message }) => fail(error ?? message));
addEventListener('unhandledrejection', ({ reason }) => fail(reason));

let outcome: Outcome | undefined;
for (;;) {
  const order: Order = await (await fetch(here, { method: 'POST', body: JSON.stringify(outcome ?? null) })).json();
  outcome = await Promise.race([run(order), accident()]);
}

async function run(order: Order): Promise<Outcome> {
  const load = files[`./rows/${order.file}.ts`];
  const groups = load ? await load() : [];
  return runRole(groups, order, () => void fetch(`${here}/ready`, { method: 'POST' }));
}

/** An error that no role's promise tells of. */
function accident(): Promise<Outcome> {
  return new Promise((resolve) => {
    fail = (error) => resolve({ error: `Uncaught ${error}` });
  });
}
