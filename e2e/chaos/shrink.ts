import type { Schedule, Step } from './schedule.js';

/**
 * The shortest schedule it finds that still fails: leaves out steps, many at once and then one by one, and then publishes less.
 * Plays at most `attempts` schedules; what fails only now and then may be shrunk less than it could be.
 */
export async function shrink(schedule: Schedule, fails: (candidate: Schedule) => Promise<boolean>, attempts: number): Promise<Schedule> {
  let left = attempts;
  let best = schedule;
  const better = async (steps: readonly Step[]) => {
    if (left <= 0) return false;
    left--;
    const candidate = { ...best, steps };
    if (!(await fails(candidate))) return false;
    best = candidate;
    return true;
  };

  for (let size = Math.ceil(best.steps.length / 2); size >= 1 && left > 0; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = best.steps.length - size; at > -size && left > 0; at -= size) {
      const from = Math.max(0, at);
      await better(best.steps.toSpliced(from, at + size - from));
    }
  }
  for (const at of best.steps.keys()) {
    for (let step = best.steps[at]; step && 'count' in step && step.count > 1 && left > 0; step = best.steps[at]) {
      if (!(await better(best.steps.with(at, { ...step, count: Math.floor(step.count / 2) })))) break;
    }
  }
  return best;
}
