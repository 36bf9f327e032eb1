/** The arithmetic of the bench: who comes when, what stands for many rounds, and whether it will do. */
import type { Group, Row } from './group.js';

export type Verdict = 'reached' | 'MISSED' | 'no goal' | 'NOT MEASURED';

/** A row of the table, with what was measured for it. */
export interface Result {
  readonly name: string;
  readonly unit: string;
  /** Medians of the rounds. */
  readonly subject: number | undefined;
  readonly against: number | undefined;
  /** The median of the ratios of the rounds: what slows down a whole round does not show in it. */
  readonly ratio: number | undefined;
  /** The lowest and the highest of these ratios. */
  readonly spread: readonly [number, number] | undefined;
  readonly better: 'more' | 'less';
  readonly goal: number | undefined;
  readonly verdict: Verdict;
  readonly error?: string;
}

/** Each turn begins one further on, so that nobody always follows the same one. */
export function rotated<T>(list: readonly T[], by: number): T[] {
  const start = list.length === 0 ? 0 : by % list.length;
  return [...list.slice(start), ...list.slice(0, start)];
}

/** The middle one, or the mean of the middle two. */
export function median(numbers: readonly number[]): number {
  return percentile(numbers, 0.5);
}

/** With `share` 0.5 the median, with 0.99 the p99: between two numbers it lies on the line between them. NaN of nothing. */
export function percentile(numbers: readonly number[], share: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}

/** Who is in a row of the group. */
export function pairOf(group: Group, { subject, against }: Row): [subject: string, against: string] {
  return [subject ?? Object.keys(group.contenders)[0] ?? '', against];
}

export function rowName(group: Group, row: Row): string {
  const [subject, against] = pairOf(group, row);
  return `${group.name}: ${subject} / ${against}`;
}

/** The rows of a group whose name contains one of the names, whatever their case; all of them when there are no names. */
export function chosenRows(group: Group, names: readonly string[]): Row[] {
  const wanted = names.map((name) => name.toLowerCase());
  return group.rows.filter((row) => wanted.length === 0 || wanted.some((name) => rowName(group, row).toLowerCase().includes(name)));
}

/** The group's contenders that these rows speak of, in the group's order. */
export function contendersOf(group: Group, rows: readonly Row[]): string[] {
  const named = new Set(rows.flatMap((row) => pairOf(group, row)));
  const unknown = [...named].filter((name) => !(name in group.contenders));
  if (unknown.length > 0) throw new TypeError(`${group.name} has no contender named ${unknown.join(', ')}`);
  return Object.keys(group.contenders).filter((name) => named.has(name));
}

export function judge(
  group: Group,
  row: Row,
  figures: Readonly<Record<string, readonly number[]>>,
  errors: Readonly<Record<string, string>>,
): Result {
  const { unit, better } = group;
  const pair = pairOf(group, row);
  const [subjects = [], others = []] = pair.map((name) => figures[name]);
  const base = { name: rowName(group, row), unit, better, goal: row.goal };
  const failures = pair.flatMap((name) => (name in errors ? `${name}: ${errors[name]}` : []));
  if (failures.length > 0 || subjects.length === 0 || others.length === 0) {
    const error = failures.join('; ') || 'there are no figures';
    return { ...base, subject: undefined, against: undefined, ratio: undefined, spread: undefined, verdict: 'NOT MEASURED', error };
  }
  const [subject, against] = [median(subjects), median(others)];
  const ratios = subjects.map((figure, round) => figure / (others[round] ?? Number.NaN));
  const ratio = median(ratios);
  const spread = [Math.min(...ratios), Math.max(...ratios)] as const;
  return { ...base, subject, against, ratio, spread, verdict: verdictOn(ratio, better, row.goal) };
}

function verdictOn(ratio: number, better: 'more' | 'less', goal: number | undefined): Verdict {
  if (goal === undefined) return 'no goal';
  return (better === 'more' ? ratio >= goal : ratio <= goal) ? 'reached' : 'MISSED';
}
