/** Runs in a worker: a module that fails before it has served anything. */
throw new Error('out of order');

export {};
