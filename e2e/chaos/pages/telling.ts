/** How a page tells the recorder what happened. */
import type { Fact } from '../facts.js';
import { cast } from './cast.js';

/** Settles once it is in the history, so that what follows cannot be without it. */
export async function tell(...facts: readonly Fact[]): Promise<void> {
  await fetch(cast.recorder, { method: 'POST', body: JSON.stringify(facts) });
}

/** Blocks the page until it is in the history, so that no crash comes in between. */
export function tellNow(...facts: readonly Fact[]): void {
  const request = new XMLHttpRequest();
  request.open('POST', cast.recorder, false);
  request.send(JSON.stringify(facts));
}

let waiting: Fact[] = [];

/** The same for what happens many times in one go, as a batch of promises does: one request for all of them. */
export function tellSoon(fact: Fact): void {
  waiting.push(fact);
  if (waiting.length === 1) queueMicrotask(tellWaiting);
}

function tellWaiting(): void {
  const facts = waiting;
  waiting = [];
  tellNow(...facts);
}

/** The code of an error that has one, and what it says. */
export function codeOf(error: unknown): { readonly code: string | undefined; readonly message: string } {
  const { code, message } = error as { readonly code?: unknown; readonly message?: string };
  // A DOMException has a code, too: a number.
  return { code: typeof code === 'string' ? code : undefined, message: message ?? String(error) };
}
