import type { Result } from './statistics.js';

const HEADINGS = ['', 'ours', 'theirs', 'ratio', 'rounds', 'to reach', ''];

/** The results as a table of text; below it, why a row could not be measured. */
export function table(results: readonly Result[]): string {
  const lines = [HEADINGS, ...results.map(cells)];
  const widths = HEADINGS.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const text = lines.map((line) =>
    line
      .map((cell, column) => pad(cell, widths[column] ?? 0, column))
      .join('  ')
      .trimEnd(),
  );
  const reasons = results.flatMap(({ name, error }) => (error ? `${name}\n  ${error}` : []));
  return [...text, ...(reasons.length > 0 ? ['', ...reasons] : [])].join('\n');
}

/** What the whole run comes to, in a sentence per kind of outcome. */
export function summary(results: readonly Result[]): string {
  const having = (verdict: Result['verdict']) => results.filter((result) => result.verdict === verdict).map(({ name }) => name);
  const [missed, unmeasured] = [having('MISSED'), having('NOT MEASURED')];
  const lines = [`${having('reached').length} ratios reached, ${missed.length} missed, ${unmeasured.length} not measured`];
  if (missed.length > 0) lines.push('Missed:', ...missed.map((name) => `  ${name}`));
  if (unmeasured.length > 0) lines.push('Not measured:', ...unmeasured.map((name) => `  ${name}`));
  return lines.join('\n');
}

function cells({ name, unit, subject, against, ratio, spread, better, goal, verdict }: Result): string[] {
  const bound = better === 'more' ? '≥' : '≤';
  return [
    name,
    figure(subject, unit),
    figure(against, unit),
    ratio === undefined ? '' : times(ratio),
    spread ? `${times(spread[0])}–${times(spread[1])}` : '',
    goal === undefined ? '' : `${bound} ${times(goal)}`,
    verdict === 'no goal' ? '' : verdict,
  ];
}

function pad(cell: string, width: number, column: number): string {
  return column === 0 || column === HEADINGS.length - 1 ? cell.padEnd(width) : cell.padStart(width);
}

function figure(value: number | undefined, unit: string): string {
  return value === undefined ? '–' : `${digits(value)} ${unit}`;
}

function times(ratio: number): string {
  return `${digits(ratio)}×`;
}

/** Three significant digits, or all before the point, in groups. */
function digits(value: number): string {
  return Math.abs(value) >= 1000 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)));
}
