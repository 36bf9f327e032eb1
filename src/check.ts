/** Options and arguments are checked with these: a caller's bug is a `TypeError` that names the value and what would do. */
export function check(holds: boolean, name: string, value: unknown, rule: string): void {
  if (!holds) throw new TypeError(`${name} must be ${rule}, not ${String(value).slice(0, 60)}`);
}

export function checkCount(name: string, value: number): void {
  check(Number.isSafeInteger(value) && value > 0, name, value, 'a whole number from 1');
}

export function checkOneOf(name: string, value: unknown, ...choices: readonly unknown[]): void {
  check(choices.includes(value), name, value, choices.join(' or '));
}
