import type { BufferOptions } from '../../protocols.js';
import type { Scene } from '../scene.js';

/** One test of the suite. */
export interface Case {
  /** The rest of a sentence that begins with the shim. */
  readonly does: string;
  /** Bounds whatever may wait in its world. */
  readonly buffer?: BufferOptions;
  plays(scene: Scene): Promise<void>;
}
