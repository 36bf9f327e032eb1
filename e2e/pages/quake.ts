export interface Quake {
  readonly place: string;
  readonly mag: number;
}

export const QUAKES: readonly Quake[] = [
  { place: 'Ridgecrest', mag: 4.7 },
  { place: 'Cobb', mag: 1.2 },
  { place: 'Anza', mag: 2.5 },
  { place: 'Petrolia', mag: 6.4 },
  { place: 'Parkfield', mag: 2.4 },
  { place: 'Ferndale', mag: 3 },
];
