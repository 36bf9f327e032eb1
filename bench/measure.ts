/** Runs the contenders of a group in turns, round by round. */
import type { BenchBrowser, Profile } from './browser.js';
import type { Tab } from './desk.js';
import type { Contender, Group } from './group.js';
import type { Order, Outcome } from './orders.js';
import { runRole } from './run-role.js';
import type { Urls } from './services.js';
import { rotated } from './statistics.js';

const DEADLINE_MS = 90_000;

/** What each contender showed, round by round, or why it could not be measured. */
export interface Measured {
  readonly figures: Readonly<Record<string, readonly number[]>>;
  readonly errors: Readonly<Record<string, string>>;
}

export interface Extent {
  readonly rounds: number;
  readonly events: number;
}

export interface Job extends Extent {
  /** In `rows/`, without its ending. */
  readonly file: string;
  readonly group: Group;
  /** Those of its contenders that take part. */
  readonly names: readonly string[];
  readonly urls: Urls;
  /** Without one, the group is measured in Node. */
  readonly browser: BenchBrowser | undefined;
}

interface Runner {
  run(order: Order, onReady: () => void): Promise<Outcome>;
}

let turns = 0;

export async function measure(job: Job): Promise<Measured> {
  const { group, names, rounds, browser } = job;
  const figures: Record<string, number[]> = Object.fromEntries(names.map((name) => [name, []]));
  const errors: Record<string, string> = {};
  const profiles: Profile[] = [];
  const places = new Map<string, readonly Runner[]>();
  try {
    for (const name of names) {
      const profile = await browser?.openProfile();
      if (profile) profiles.push(profile);
      places.set(name, await runnersFor(group, rolesOf(group.contenders[name]), profile));
    }
    const warmUps = rounds > 1 ? 1 : 0;
    for (let round = 0; round < warmUps + rounds; round++) {
      for (const name of rotated(names, round)) {
        if (name in errors) continue;
        try {
          const figure = await takeTurn(job, name, places.get(name) ?? []);
          if (round >= warmUps) figures[name]?.push(figure);
        } catch (error) {
          errors[name] = error instanceof Error ? error.message : String(error);
        }
      }
    }
  } finally {
    for (const profile of profiles) await profile[Symbol.asyncDispose]();
  }
  return { figures, errors };
}

function rolesOf(contender: Contender | undefined): number {
  return typeof contender === 'function' ? 1 : (contender?.length ?? 0);
}

async function runnersFor(group: Group, roles: number, profile: Profile | undefined): Promise<Runner[]> {
  const runners: Runner[] = [];
  for (let role = 0; role < roles; role++) {
    const tab: Tab | undefined = await profile?.openTab();
    runners.push({
      run: (order, onReady) => tab?.run(order, onReady, DEADLINE_MS) ?? runRole([group], order, onReady),
    });
  }
  return runners;
}

/** One contender, one round: its figure. */
async function takeTurn({ file, group, events, urls }: Job, contender: string, runners: readonly Runner[]): Promise<number> {
  const name = `bench-${++turns}`;
  const outcomes: Promise<Outcome>[] = [];
  for (const [role, runner] of runners.entries()) {
    await new Promise<void>((ready) => {
      const outcome = runner.run({ file, group: group.name, contender, role, events, name, urls }, ready);
      outcomes.push(outcome);
      outcome.then(() => ready(), ready);
    });
  }
  return figureOf(await Promise.all(outcomes), group.unit, events);
}

function figureOf(outcomes: readonly Outcome[], unit: string, events: number): number {
  const [error] = outcomes.flatMap((outcome) => outcome.error ?? []);
  if (error) throw new Error(error);
  const [figure] = outcomes.flatMap((outcome) => outcome.figure ?? []);
  if (figure !== undefined) return figure;
  const started = Math.min(...outcomes.flatMap((outcome) => outcome.started ?? []));
  const stopped = Math.max(...outcomes.flatMap((outcome) => outcome.stopped ?? []));
  const ms = stopped - started;
  if (!(ms > 0 && Number.isFinite(ms))) throw new Error('no role returned a figure, and start() and stop() were not both called');
  return unit === 'events/s' ? (events * 1000) / ms : ms;
}
