export interface Tile {
  readonly z: number;
  readonly x: number;
  readonly y: number;
  readonly pixels: Uint8Array;
}

export const TILES: readonly Tile[] = [0, 1, 2, 3].map((x) => ({ z: 2, x, y: 1, pixels: new Uint8Array(100_000).fill(x) }));
