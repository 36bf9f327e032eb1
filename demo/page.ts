/** What the pages have in common: finding elements, writing numbers, and the switch between the wires. */
import type { Connection } from './connection.js';
import type { Wire } from './transport.js';

export const query = new URLSearchParams(location.search);

if (query.has('embed')) document.documentElement.classList.add('embedded');

/** Throws when the page has no such element: then page and script do not belong together. */
export function find<E extends Element>(selector: string, within: ParentNode = document): E {
  const element = within.querySelector<E>(selector);
  if (!element) throw new Error(`The page has no ${selector}`);
  return element;
}

/** Leaves the page alone when nothing changes. */
export function write(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

export function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}

/** Calls `choose` with the wire in the page's address, and at each change; the address and links to other pages follow. */
export function wireSwitch(choose: (wire: Wire) => void): void {
  const radios = [...document.querySelectorAll<HTMLInputElement>('input[name="wire"]')];
  const apply = (wire: Wire) => {
    query.set('wire', wire);
    for (const radio of radios) radio.checked = radio.value === wire;
    wireLinks();
    for (const hint of document.querySelectorAll<HTMLElement>('[data-wire]')) hint.hidden = hint.dataset.wire !== wire;
    choose(wire);
  };
  for (const radio of radios) {
    radio.addEventListener('change', () => {
      apply(radio.value as Wire);
      history.replaceState(null, '', `?${query}`);
    });
  }
  apply(query.get('wire') === 'mqtt' ? 'mqtt' : 'tabs');
}

/** Links to other pages say what those want to know too. */
export function wireLinks(): void {
  for (const link of document.querySelectorAll<HTMLAnchorElement>('a[data-page]')) link.search = shared();
}

/** The part of the address that the other pages want to know too. */
export function shared(): string {
  return new URLSearchParams([...query].filter(([name]) => name === 'wire' || name === 'broker')).toString();
}

/** Shows how the connection stands; alarms also go where they are read out. */
export function connectionSign(news: (words: string) => void): (connection: Connection) => void {
  const sign = find<HTMLElement>('#connection');
  let alarmed = false;
  return ({ tone, words, alarm }) => {
    sign.dataset.tone = tone;
    write(sign, words);
    if (alarm) news(alarm);
    else if (alarmed && tone === 'good') news('The broker is back.');
    alarmed = alarm !== undefined || (alarmed && tone !== 'good');
  };
}
