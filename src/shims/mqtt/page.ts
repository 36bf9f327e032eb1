/** Calls `wake` when a connection may have died unnoticed, or may be possible again. Returns how to stop. Does nothing where there are no pages. */
export function onWake(wake: () => void): () => void {
  const scope = globalThis as Partial<Pick<typeof globalThis, 'document' | 'addEventListener'>>;
  if (!scope.addEventListener) return () => {};
  const gone = new AbortController();
  const { signal } = gone;
  for (const event of ['online', 'pageshow']) addEventListener(event, wake, { signal });
  // `navigator.onLine` and the page's visibility say nothing about a socket; these are only occasions to look.
  scope.document?.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && wake(), { signal });
  scope.document?.addEventListener('resume', wake, { signal });
  return () => gone.abort();
}
