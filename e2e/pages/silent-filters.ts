/** Runs in a worker: a module that serves nothing. */
export const nothing = undefined;
