/** What the pages of these tests show: a list of what came, and what there is to say about it. */
import type { Quake } from './quake.js';

export function draw({ place, mag }: Quake): void {
  add('li', `${place} ${mag}`);
}

export function say(news: string): void {
  add('p', news);
}

function add(tag: string, text: string): void {
  const line = document.createElement(tag);
  line.textContent = text;
  document.body.append(line);
}
