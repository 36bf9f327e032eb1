import type { IPublishPacket } from 'mqtt';

/** A QoS 1 message that was received and has no PUBACK yet. */
export interface Receipt {
  readonly id: number;
  readonly topic: string;
  readonly payload: Uint8Array;
  /** Subscribers that have it and did not acknowledge it. */
  pending: number;
  /** Someone had no room for it: it gets no PUBACK on this connection, nor does anything after it. */
  deferred: boolean;
}

/**
 * Acknowledges in the order of arrival, as MQTT demands (MQTT 5.0 §4.6). A session that resumes sends again what had no PUBACK, under the same
 * identifier (§4.4): the receipt of that one goes on, and no subscriber gets it a second time. Aedes forgets the DUP flag, so that is not asked for.
 */
export class Receipts {
  #line: Receipt[] = [];
  #earlier = new Map<number, Receipt>();

  constructor(readonly puback: (id: number) => void) {}

  /** The receipt that goes on with this packet, or a new one that someone has to fill. */
  take({ messageId = 0, topic, payload }: IPublishPacket): { readonly receipt: Receipt; readonly known: boolean } {
    const bytes = payload as Uint8Array;
    const earlier = this.#earlier.get(messageId);
    this.#earlier.delete(messageId);
    const known = earlier !== undefined && earlier.topic === topic && same(earlier.payload, bytes);
    const receipt = known ? earlier : { id: messageId, topic, payload: new Uint8Array(bytes), pending: 0, deferred: false };
    this.#line.push(receipt);
    return { receipt, known };
  }

  /** Sends the PUBACKs that are due. */
  flush(): void {
    let due = 0;
    for (let next = this.#line[0]; next && next.pending === 0 && !next.deferred; next = this.#line[++due]) this.puback(next.id);
    if (due > 0) this.#line.splice(0, due);
  }

  /** The connection is gone, and with it the chance to acknowledge on it. */
  down(): void {
    for (const receipt of this.#line) if (!receipt.deferred) this.#earlier.set(receipt.id, receipt);
    this.#line = [];
  }

  /** The broker has forgotten the session: nothing will come again. */
  forget(): void {
    this.#earlier.clear();
  }
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
