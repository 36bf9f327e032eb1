/** Does to an origin's storage what only the browser can, from a page beside it that is in nobody's way. */
import type { CDPSession, Page } from '@playwright/test';
import type { OwnBrowser } from './own-browser.js';

export class Backstage {
  readonly #browser: OwnBrowser;
  readonly #origin: string;
  #page: Page | undefined;
  #devtools: CDPSession | undefined;

  private constructor(browser: OwnBrowser, origin: string) {
    this.#browser = browser;
    this.#origin = origin;
  }

  static async open(browser: OwnBrowser, origin: string): Promise<Backstage> {
    const backstage = new Backstage(browser, origin);
    await backstage.reopen();
    return backstage;
  }

  /** After the browser has died. */
  async reopen(): Promise<void> {
    this.#page = await this.#browser.context.newPage();
    this.#devtools = await this.#browser.context.newCDPSession(this.#page);
  }

  async clearDatabase(): Promise<void> {
    await this.#devtools?.send('Storage.clearDataForOrigin', { origin: this.#origin, storageTypes: 'indexeddb' });
  }

  /** From now on nothing more can be stored. */
  async limitQuota(): Promise<void> {
    await this.#devtools?.send('Storage.overrideQuotaForOrigin', { origin: this.#origin, quotaSize: 1 });
  }

  async liftQuota(): Promise<void> {
    await this.#devtools?.send('Storage.overrideQuotaForOrigin', { origin: this.#origin });
  }

  /** Leaves nothing of this origin behind. */
  async close(): Promise<void> {
    await this.#devtools?.send('Storage.clearDataForOrigin', { origin: this.#origin, storageTypes: 'all' }).catch(() => {});
    await this.#page?.close();
  }
}
