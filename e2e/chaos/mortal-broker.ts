/** A Mosquitto that can be killed without breaking its word. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connectAsync } from 'mqtt';
import { type FaultProxy, startFaultProxy, startMosquitto } from '../support/index.js';

const SAVING_MS = 10_000;

export interface MortalBroker {
  /** For pages. */
  readonly wire: FaultProxy;
  /** `mqtt://…`, for this process. */
  readonly tcpUrl: string;
  /**
   * Mosquitto acknowledges before it writes to its disk. So, with a disk, first nothing more gets out, then all that it acknowledged is seen to be on the disk,
   * and then it dies: whoever waited for an acknowledgement does not know whether it was coming. Without a disk it just dies.
   */
  kill(): Promise<void>;
  /** Starts again; nothing when it lives. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export async function startMortalBroker(disk: boolean): Promise<MortalBroker> {
  const broker = await startMosquitto({ persistence: disk });
  const wires = [await startFaultProxy(broker.wsUrl), await startFaultProxy(broker.tcpUrl)] as const;
  const [wire, side] = wires;
  let alive = true;
  return {
    wire,
    tcpUrl: side.url,
    async kill() {
      if (!alive) return;
      alive = false;
      if (disk) {
        await Promise.all(wires.map((each) => each.set({ kind: 'black-hole' })));
        await saved(broker);
      }
      await broker.kill();
      // What hung in the wires must not come out afterwards.
      await Promise.all(wires.map((each) => each.set({ kind: 'reset' })));
      await Promise.all(wires.map((each) => each.set({ kind: 'pass' })));
    },
    async start() {
      if (alive) return;
      await broker.restart();
      alive = true;
    },
    async stop() {
      await Promise.all(wires.map((each) => each.close()));
      await broker.stop();
    },
  };
}

/** Settles when everything that the broker has acknowledged so far is on its disk. */
async function saved({ tcpUrl, folder }: { readonly tcpUrl: string; readonly folder: string }): Promise<void> {
  const mark = crypto.randomUUID();
  const client = await connectAsync(tcpUrl, { reconnectPeriod: 0 });
  await client.publishAsync(`saved/${mark}`, mark, { qos: 1, retain: true });
  await client.endAsync(true);
  for (const deadline = Date.now() + SAVING_MS; ; await delay(5)) {
    const database = await readFile(join(folder, 'mosquitto.db')).catch(() => Buffer.alloc(0));
    if (database.includes(mark)) return;
    if (Date.now() > deadline) throw new Error('Mosquitto has not written its database');
  }
}
