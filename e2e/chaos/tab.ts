/** One tab, and what can befall it. Whatever is asked of a tab that is not there is not done. */
import { setTimeout as delay } from 'node:timers/promises';
import type { BrowserContext, CDPSession, Page } from '@playwright/test';
import type { Cast } from './cast.js';

/** A tab that has not answered by then never will. */
const PATIENCE_MS = 10_000;

export class Tab {
  readonly name: string;
  readonly #address: string;
  readonly #elsewhere: string;
  #page: Page | undefined;
  #devtools: CDPSession | undefined;
  #frozen = false;

  constructor(origin: string, cast: Cast) {
    this.name = cast.tab;
    this.#address = `${origin}/?${new URLSearchParams({ cast: JSON.stringify(cast) })}`;
    this.#elsewhere = `${origin}/elsewhere`;
  }

  get isOpen(): boolean {
    return this.#page !== undefined;
  }

  /** Settles when its program runs. */
  async open(context: BrowserContext): Promise<void> {
    if (this.#page) return;
    const page = await context.newPage();
    this.#page = page;
    page.on('crash', () => this.#gone(page));
    page.on('close', () => this.#gone(page));
    this.#devtools = await context.newCDPSession(page);
    await page.goto(this.#address, { waitUntil: 'commit' });
    await this.here();
  }

  /** Settles when it is there and its program runs. */
  async here(): Promise<void> {
    await this.#page?.waitForFunction(() => 'tab' in globalThis, undefined, { timeout: PATIENCE_MS, polling: 10 });
  }

  /** Settles when it has begun. */
  publish(count: number, bytes: number, together: boolean): Promise<void> {
    return this.#begin(`tab.publish(${count}, ${bytes}, ${together})`);
  }

  async crash(): Promise<void> {
    const page = this.#page;
    if (!page) return;
    const crashed = new Promise((resolve) => page.once('crash', resolve));
    this.#devtools?.send('Page.crash').catch(() => {});
    await crashed;
    await page.close();
  }

  async close(): Promise<void> {
    await this.#page?.close();
  }

  async reload(): Promise<void> {
    await this.thaw();
    await this.#page?.reload({ waitUntil: 'commit' });
    await this.here();
  }

  async leave(): Promise<void> {
    await this.thaw();
    await this.#page?.goto(this.#elsewhere, { waitUntil: 'commit' });
  }

  /** From the back/forward cache, if the browser put it there. */
  async comeBack(): Promise<void> {
    if (!this.#page?.url().startsWith(this.#elsewhere)) return;
    await this.#page.goBack({ waitUntil: 'commit' });
    await this.here();
  }

  /** As a browser does with tabs in the background: nothing runs, and locks stay held. */
  async freeze(): Promise<void> {
    await this.#devtools?.send('Page.setWebLifecycleState', { state: 'frozen' });
    this.#frozen = this.#page !== undefined;
  }

  async thaw(): Promise<void> {
    if (!this.#frozen) return;
    this.#frozen = false;
    await this.#devtools?.send('Page.setWebLifecycleState', { state: 'active' });
  }

  /** Whether its subscriber has said in time that what is published from now on will be delivered. */
  async ready(withinMs: number): Promise<boolean> {
    const late = delay(withinMs, false);
    const ready = this.#page?.evaluate(() => globalThis.tab.ready()).then(() => true);
    return Promise.race([ready ?? true, late]);
  }

  /** Whether every promise it gave has settled in time, and every acknowledgement is kept. */
  async settled(withinMs: number): Promise<boolean> {
    const settled = async () => globalThis.tab.pending() === 0 && (await globalThis.tab.lag()) === 0;
    const waited = this.#page?.waitForFunction(settled, undefined, { timeout: withinMs, polling: 20 });
    return (
      !waited ||
      waited.then(
        () => true,
        () => false,
      )
    );
  }

  stopReading(): void {
    void this.#begin('tab.stopReading()');
  }

  readAgain(): void {
    void this.#begin('tab.readAgain()');
  }

  async #begin(what: string): Promise<void> {
    await this.#devtools?.send('Runtime.evaluate', { expression: `globalThis.tab && void ${what}` }).catch(() => {});
  }

  #gone(page: Page): void {
    if (this.#page !== page) return;
    this.#page = undefined;
    this.#devtools = undefined;
    this.#frozen = false;
  }
}
