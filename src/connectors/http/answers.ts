/** What an endpoint's answers mean. */
import { StreamError } from '../../errors.js';

export function isMissing({ status }: Response): boolean {
  return status === 404 || status === 410;
}

/** Throws when the answer is none of these, or not one of an endpoint of objects at all. */
export function accept(response: Response, method: string, name: string, statuses: readonly number[]): void {
  const { status } = response;
  const what = `${method} ${name}`;
  if (response.type === 'opaqueredirect' || (status >= 300 && status < 400))
    throw new StreamError('refused', `${what} is redirected: give the connector the URL of the endpoint itself`, { status });
  if (status === 401 || status === 403)
    throw new StreamError('not_authorized', `The endpoint does not allow ${what} (${status}): see to the connector's headers`, { status });
  if (status === 413 || status === 507)
    throw new StreamError('quota_exceeded', `The endpoint has no room for ${name} (${status})`, { status });
  if (!statuses.includes(status)) {
    const retryAfterMs = Number(response.headers.get('retry-after')) * 1000;
    throw new StreamError('refused', `The endpoint answers ${what} with ${status}`, { status, ...(retryAfterMs > 0 && { retryAfterMs }) });
  }
  // Servers of pages answer what they do not know with their first page.
  if (/^text\/html\b/i.test(response.headers.get('content-type') ?? ''))
    throw new StreamError('refused', `A page answers ${what}, not an endpoint of objects: check the connector's URL`, { status });
}

export function unreachable(method: string, url: string, cause: unknown): StreamError {
  return new StreamError('connection_lost', `${method} to ${url} has not come through (offline, refused, or not allowed across origins)`, {
    cause,
  });
}
