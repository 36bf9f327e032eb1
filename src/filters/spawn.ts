/** Starts workers also where the page's Content-Security-Policy says `require-trusted-types-for 'script'`. */

interface TrustedTypesLike {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): unknown };
}

let policy: ReturnType<TrustedTypesLike['createPolicy']> | undefined;

/**
 * Calls `factory`. Bundlers only follow the literal `new Worker(new URL('./file', import.meta.url))`, which leaves no room for a trusted URL; so where
 * that is refused it is called again, and the address is trusted on its way if it is of the page's own origin. Throws what `factory` throws.
 */
export function spawn<W>(factory: () => W): W {
  if (policy) return trusting(policy, factory);
  try {
    return factory();
  } catch (error) {
    const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypesLike };
    if (!trustedTypes || !(error instanceof TypeError)) throw error;
    const mine = trustedTypes.createPolicy('proxystream', { createScriptURL: ownOrigin });
    const worker = trusting(mine, factory);
    policy = mine;
    return worker;
  }
}

function ownOrigin(url: string): string {
  const { href, origin } = new URL(url, globalThis.location.href);
  if (origin !== globalThis.location.origin) throw new TypeError(`A filter worker must come from the page's own origin, not ${origin}`);
  return href;
}

/** For as long as the call takes, `Worker` is one that trusts. */
function trusting<W>(trusted: NonNullable<typeof policy>, factory: () => W): W {
  const scope = globalThis as { Worker: typeof Worker };
  const { Worker: Native } = scope;
  scope.Worker = new Proxy(Native, {
    construct: (target, [url, ...rest]) => Reflect.construct(target, [trusted.createScriptURL(String(url)), ...rest]),
  });
  try {
    return factory();
  } finally {
    scope.Worker = Native;
  }
}
