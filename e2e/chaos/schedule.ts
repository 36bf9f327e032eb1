/** What is to happen in a round, drawn from its seed. Plain data: it can be printed, cut down, and played again. */
import type { Fault } from '../support/fault-proxy.js';
import { type Draw, drawFrom } from './draw.js';

/**
 * `tabs`: publishers and named readers on one log. `outbox`: tabs publish to a broker, read outside of the browser.
 * `inbox`: published outside, read under one name by tabs. `chain`: from outboxes to inboxes.
 */
export type Topology = 'tabs' | 'outbox' | 'inbox' | 'chain';

export type Step =
  | { readonly do: 'publish'; readonly tab: number; readonly count: number; readonly bytes: number; readonly together: boolean }
  /** Until so much more was heard of, or for as long as that can be hoped for. */
  | { readonly do: 'wait'; readonly heard: 'offered' | 'promised' | 'delivered' | 'passed'; readonly count: number }
  | { readonly do: TabTrouble; readonly tab: number }
  | { readonly do: 'link'; readonly fault: Fault }
  | { readonly do: 'kill browser' | 'kill broker' | 'start broker' | 'clear database' | 'limit quota' | 'lift quota' };

export type TabTrouble = 'crash' | 'close' | 'open' | 'reload' | 'leave' | 'come back' | 'freeze' | 'thaw' | 'stop reading' | 'read again';

export interface Schedule {
  readonly seed: number;
  readonly topology: Topology;
  readonly durability: 'relaxed' | 'strict';
  /** Whether the broker keeps its sessions on disk. */
  readonly brokerDisk: boolean;
  readonly steps: readonly Step[];
}

export const TABS = 3;
const TOPOLOGIES: readonly Topology[] = ['tabs', 'outbox', 'inbox', 'chain'];

/** What goes wrong, and what undoes it. */
const TROUBLES: Readonly<Record<string, (draw: Draw) => Step[]>> = {
  crash: (draw) => onTab(draw, 'crash', 'open'),
  close: (draw) => onTab(draw, 'close', 'open'),
  reload: (draw) => onTab(draw, 'reload'),
  leave: (draw) => onTab(draw, 'leave', 'come back'),
  freeze: (draw) => onTab(draw, 'freeze', 'thaw'),
  rest: (draw) => onTab(draw, 'stop reading', 'read again'),
  'kill browser': () => [{ do: 'kill browser' }],
  'clear database': () => [{ do: 'clear database' }],
  quota: (draw) => [{ do: 'limit quota' }, publish(draw), waiting(draw), { do: 'lift quota' }],
  'kill broker': (draw) => [{ do: 'kill broker' }, ...meanwhile(draw), { do: 'start broker' }],
  reset: (draw) => link(draw, { kind: 'reset' }),
  refuse: (draw) => link(draw, { kind: 'refuse' }),
  'black hole': (draw) => link(draw, { kind: 'black-hole' }),
  cut: (draw) => link(draw, { kind: 'cut', afterBytes: draw.within(1, 3000), direction: draw.oneOf(['up', 'down']) }),
};
const ON_THE_WIRE = /broker|reset|refuse|black hole|cut/;

/** Every trouble that this topology can meet. */
export function troublesOf(topology: Topology): string[] {
  return Object.keys(TROUBLES).filter((trouble) => topology !== 'tabs' || !ON_THE_WIRE.test(trouble));
}

/** Neighbouring seeds take turns in topology and in their first trouble, so that a few dozen meet them all. */
export function drawSchedule(seed: number): Schedule {
  const draw = drawFrom(seed);
  const topology = TOPOLOGIES[seed % TOPOLOGIES.length] as Topology;
  const possible = troublesOf(topology);
  const first = possible[Math.floor(seed / TOPOLOGIES.length) % possible.length] as string;
  const troubles = [first, ...Array.from({ length: draw.within(0, 2) }, () => draw.oneOf(possible))];
  const steps = troubles.flatMap((trouble) => [waiting(draw), ...(TROUBLES[trouble]?.(draw) ?? []), publish(draw)]);
  return {
    seed,
    topology,
    durability: draw.oneOf(['relaxed', 'strict']),
    brokerDisk: draw.chance(50),
    steps: [...Array.from({ length: TABS }, (_, tab) => publish(draw, tab)), ...steps],
  };
}

function publish(draw: Draw, tab = draw.within(0, TABS - 1)): Step {
  return { do: 'publish', tab, count: draw.within(1, 40), bytes: draw.oneOf([20, 200, 2000]), together: draw.chance(50) };
}

function waiting(draw: Draw): Step {
  return { do: 'wait', heard: draw.oneOf(['offered', 'promised', 'delivered'] as const), count: draw.within(1, 30) };
}

function onTab(draw: Draw, does: TabTrouble, undoes?: TabTrouble): Step[] {
  const tab = draw.within(0, TABS - 1);
  return [{ do: does, tab }, ...meanwhile(draw), ...(undoes ? [{ do: undoes, tab } as const] : [])];
}

function link(draw: Draw, fault: Fault): Step[] {
  return [{ do: 'link', fault }, ...meanwhile(draw), { do: 'link', fault: { kind: 'pass' } }];
}

function meanwhile(draw: Draw): Step[] {
  return [...(draw.chance(60) ? [publish(draw)] : []), waiting(draw)];
}

/** One line for each step, for people. */
export function describeSchedule({ seed, topology, durability, brokerDisk, steps }: Schedule): string {
  const told = steps.map((step) => {
    const { do: does, ...rest } = step;
    return `  ${does} ${Object.keys(rest).length > 0 ? JSON.stringify(rest) : ''}`.trimEnd();
  });
  const disk = topology === 'tabs' ? '' : `, broker ${brokerDisk ? 'with' : 'without'} a disk`;
  return [`seed ${seed}: ${topology}, ${durability}${disk}`, ...told].join('\n');
}
