/** The first page: a replay and a board in frames, on the wire that is chosen above them. */
import { shared, wireSwitch } from './page.js';

const frames = [...document.querySelectorAll<HTMLIFrameElement>('iframe')];

for (const frame of frames) {
  frame.addEventListener('load', () => {
    const page = frame.contentDocument?.body;
    // No scroll bars inside the page.
    if (page) new ResizeObserver(() => (frame.style.height = `${page.scrollHeight}px`)).observe(page);
  });
}

wireSwitch(() => {
  for (const frame of frames) {
    const { page, query } = frame.dataset;
    const address = new URL(`${page}?${query}&${shared()}`, location.href);
    // A frame's own history would come between the visitor and the way back.
    if (frame.src) frame.contentWindow?.location.replace(address);
    else frame.src = address.href;
  }
});
