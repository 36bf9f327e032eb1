/** Opens a real tab that shares nothing with this one but the origin, and a line to it: for worlds of a channel, or of logs. */
export function openFarTab(of: 'channel' | 'log' = 'channel'): { readonly line: BroadcastChannel; close(): void } {
  const name = `#${of}-far-tab-${crypto.randomUUID()}`;
  const line = new BroadcastChannel(name);
  window.open(new URL('./far-tab.html', import.meta.url).href + name, '_blank', 'noopener');
  const close = () => {
    line.postMessage('close');
    line.close();
  };
  return { line, close };
}
