/** What is kept of an object, and what may be done to it within one transaction. Bytes lie apart from facts, so that looking for what has expired reads no bytes. */
import type { DBSchema, IDBPTransaction } from 'idb';

export interface Facts {
  readonly key: string;
  readonly size: number;
  /** Still to come. */
  readonly consumers: number;
  readonly expiresAt?: number;
}

export interface Schema extends DBSchema {
  bytes: { key: string; value: ArrayBuffer };
  facts: { key: string; value: Facts; indexes: { expiresAt: number } };
  /** One number: of all objects together. */
  total: { key: number; value: number };
}

type Name = 'bytes' | 'facts' | 'total';
export const STORES: Name[] = ['bytes', 'facts', 'total'];
const TOTAL = 0;

export class Reading<Mode extends 'readonly' | 'readwrite' = 'readonly'> {
  protected readonly tx: IDBPTransaction<Schema, Name[], Mode>;

  constructor(tx: IDBPTransaction<Schema, Name[], Mode>) {
    this.tx = tx;
  }

  async has(key: string, now: number): Promise<boolean> {
    return isThere(await this.tx.objectStore('facts').get(key), now);
  }

  async get(key: string, now: number): Promise<ArrayBuffer | undefined> {
    const [facts, buffer] = await Promise.all([this.tx.objectStore('facts').get(key), this.tx.objectStore('bytes').get(key)]);
    return isThere(facts, now) ? buffer : undefined;
  }

  async bytes(): Promise<number> {
    return (await this.tx.objectStore('total').get(TOTAL)) ?? 0;
  }
}

export class Writing extends Reading<'readwrite'> {
  /** Returns the bytes of all objects then. Again is no harm: the connection may have died after the first time was complete. */
  async add(objects: readonly Facts[], buffers: readonly ArrayBuffer[]): Promise<number> {
    const [bytes, facts] = [this.tx.objectStore('bytes'), this.tx.objectStore('facts')];
    // All asked at once, and answered in this order: what was there before, and then what replaces it.
    const before = Promise.all([this.bytes(), ...objects.map(async ({ key, size }) => size - ((await facts.get(key))?.size ?? 0))]);
    // Not awaited: whether they succeed shows when the transaction does.
    for (const [i, object] of objects.entries())
      for (const request of [bytes.put(buffers[i] as ArrayBuffer, object.key), facts.put(object)]) request.catch(() => {});
    const total = (await before).reduce((sum, more) => sum + more, 0);
    await this.tx.objectStore('total').put(total, TOTAL);
    return total;
  }

  async remove(key: string): Promise<void> {
    const facts = await this.tx.objectStore('facts').get(key);
    if (facts) await this.#delete(facts);
  }

  async release(key: string): Promise<void> {
    const facts = await this.tx.objectStore('facts').get(key);
    if (facts && facts.consumers > 1) await this.tx.objectStore('facts').put({ ...facts, consumers: facts.consumers - 1 });
    else if (facts) await this.#delete(facts);
  }

  /** Returns their number. */
  async removeExpired(now: number): Promise<number> {
    const expired = await this.tx.objectStore('facts').index('expiresAt').getAll(IDBKeyRange.upperBound(now));
    for (const facts of expired) await this.#delete(facts);
    return expired.length;
  }

  async #delete({ key, size }: Facts): Promise<void> {
    await Promise.all([this.tx.objectStore('bytes').delete(key), this.tx.objectStore('facts').delete(key), this.#count(-size)]);
  }

  async #count(more: number): Promise<void> {
    await this.tx.objectStore('total').put((await this.bytes()) + more, TOTAL);
  }
}

function isThere(facts: Facts | undefined, now: number): boolean {
  return facts !== undefined && (facts.expiresAt ?? Number.POSITIVE_INFINITY) > now;
}
