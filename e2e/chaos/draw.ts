/** Numbers from a seed: the same ones every time. */
export interface Draw {
  /** A whole number from `least` up to and including `most`. */
  within(least: number, most: number): number;
  oneOf<T>(choices: readonly T[]): T;
  /** True so many times in a hundred. */
  chance(percent: number): boolean;
}

export function drawFrom(seed: number): Draw {
  let state = seed >>> 0;
  // mulberry32: neighbouring seeds have nothing in common.
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const within = (least: number, most: number) => least + Math.floor(next() * (most - least + 1));
  return {
    within,
    oneOf: (choices) => {
      if (choices.length === 0) throw new TypeError('There is nothing to choose from');
      return choices[within(0, choices.length - 1)] as (typeof choices)[number];
    },
    chance: (percent) => next() * 100 < percent,
  };
}
