/** What one test of `describeConnector` plays in. */
import type { Connector } from '../store/connector.js';
import { writeKey } from '../store/key.js';
import type { ConnectorSupport } from './connector.js';

/** One test of the suite. */
export interface ConnectorCase {
  /** The rest of a sentence that begins with the connector. */
  readonly does: string;
  readonly maxBytes?: number;
  plays(place: Place): Promise<void>;
}

/** What one test plays in. */
export interface Place {
  readonly supports: ConnectorSupport;
  connector(): Promise<Connector>;
}

/** The key of an object of so many bytes, as a store would name it. */
export function keyFor(bytes: number, consumers = 1): string {
  return writeKey({ kind: 'r', hash: undefined, bytes, consumers });
}

/** Every byte value, at no regular distance. */
export function noise(length: number, seed = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * i + seed + (i >> 8) * 31) & 255);
}
