/** Starts workers also where the page's Content-Security-Policy says `require-trusted-types-for 'script'`. */
import { check } from '../check.js';

interface TrustedTypesLike {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): unknown };
}

let policy: ReturnType<TrustedTypesLike['createPolicy']>;

/**
 * Calls `factory`. Bundlers only follow the literal `new Worker(new URL('./file', import.meta.url))`, which leaves no room for a trusted URL; so where
 * that is refused it is called again, and the address is trusted on its way if it is of the page's own origin. Throws what `factory` throws.
 */
export function spawn<W>(factory: () => W): W {
  try {
    return factory();
  } catch (error) {
    const scope = globalThis as { trustedTypes?: TrustedTypesLike; Worker: typeof Worker };
    const { trustedTypes, Worker: Native } = scope;
    if (!trustedTypes || !(error instanceof TypeError)) throw error;
    policy ??= trustedTypes.createPolicy('proxystream', { createScriptURL: ownOrigin });
    // For as long as the call takes, `Worker` is one that trusts.
    scope.Worker = class extends Native {
      constructor(url: string | URL, options?: WorkerOptions) {
        super(policy.createScriptURL(`${url}`) as string, options);
      }
    };
    try {
      return factory();
    } finally {
      scope.Worker = Native;
    }
  }
}

function ownOrigin(url: string): string {
  check(new URL(url, location.href).origin === location.origin, 'worker', url, 'of this origin');
  return url;
}
