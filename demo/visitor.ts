/** This browser's name at the demo's server, which cuts it off on request: its sockets are closed there, and new ones refused. */
const KEY = 'proxystream-demo-visitor';

export function visitor(): string {
  const known = localStorage.getItem(KEY);
  if (known) return known;
  const name = [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  localStorage.setItem(KEY, name);
  return name;
}

/** Whether this browser may connect. Rejects when the server cannot be asked. */
export async function isOnline(): Promise<boolean> {
  return ask('GET');
}

export async function goOnline(): Promise<void> {
  await ask('PUT');
}

export async function goOffline(): Promise<void> {
  await ask('DELETE');
}

async function ask(method: string): Promise<boolean> {
  const response = await fetch(`/gate/${visitor()}`, { method });
  if (!response.ok) throw new Error(`The demo's server has no such switch (${response.status})`);
  return (await response.json()).open;
}

/** Held by the page that reads. */
export const READER = 'proxystream-demo-reader';

/** Visitors do not hear each other. */
export function topicOf(name: string): string {
  return `reports/${name}`;
}

const NUMBER = 'proxystream-demo-reports';

/** The last number that a report of this browser got. */
export function numbersGiven(): number {
  return Number(localStorage.getItem(NUMBER) ?? 0);
}

export function nextNumbers(amount: number): number[] {
  const last = numbersGiven();
  localStorage.setItem(NUMBER, String(last + amount));
  return Array.from({ length: amount }, (_, i) => last + 1 + i);
}
