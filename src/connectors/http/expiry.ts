import { Sweeper } from '../../store/sweeper.js';

/** Remembers when to remove what was put here; an endpoint cannot be asked what it holds. */
export class Expiry {
  readonly #evict: (key: string) => Promise<void>;
  readonly #times = new Map<string, number>();
  readonly #sweeper = new Sweeper(() => this.sweep());

  constructor(evict: (key: string) => Promise<void>) {
    this.#evict = evict;
  }

  add(key: string, expiresAt: number): void {
    this.#times.set(key, expiresAt);
    this.#sweeper.start();
  }

  delete(key: string): void {
    this.#times.delete(key);
  }

  stop(): void {
    this.#sweeper.stop();
  }

  /** Those that cannot be removed are tried again the next time. */
  async sweep(): Promise<number> {
    const now = Date.now();
    const over = [...this.#times].flatMap(([key, time]) => (time <= now ? [key] : []));
    const results = await Promise.allSettled(
      over.map(async (key) => {
        const time = this.#times.get(key) as number;
        await this.#evict(key).catch((error) => {
          this.#times.set(key, time);
          throw error;
        });
      }),
    );
    return results.filter(({ status }) => status === 'fulfilled').length;
  }
}
