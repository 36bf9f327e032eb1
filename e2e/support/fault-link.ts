import { connect, type Socket } from 'node:net';
import type { Direction, Fault } from './fault-proxy.js';
import { reset } from './reset.js';

interface LinkEvents {
  readonly moved: (direction: Direction, bytes: number) => void;
  readonly ended: () => void;
}

/** One connection through the fault proxy: two lanes, and what befalls them. */
export class Link {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #lanes: Readonly<Record<Direction, Lane>>;

  constructor(client: Socket, target: { readonly host: string; readonly port: number }, { moved, ended }: LinkEvents) {
    this.#client = client;
    this.#server = connect({ ...target, allowHalfOpen: true, noDelay: true });
    this.#lanes = {
      up: new Lane(client, this.#server, (bytes) => moved('up', bytes)),
      down: new Lane(this.#server, client, (bytes) => moved('down', bytes)),
    };
    // A side that breaks breaks the other: a client must not wait for a server that has gone, nor the other way round.
    for (const socket of [client, this.#server]) {
      socket.on('error', () => this.#reset());
      socket.on('close', () => {
        this.#lanes.up.stop();
        this.#lanes.down.stop();
        if (client.destroyed && this.#server.destroyed) ended();
      });
    }
  }

  set(fault: Fault): void {
    if (fault.kind === 'reset' || fault.kind === 'refuse') {
      this.#reset();
      return;
    }
    for (const direction of ['up', 'down'] as const) {
      const lane = this.#lanes[direction];
      lane.delayMs = fault.kind === 'delay' ? fault.ms : 0;
      if (fault.kind === 'cut' && fault.direction === direction) lane.cutAfter(fault.afterBytes, () => this.#cut());
      else lane.neverCut();
      lane.hold(fault.kind === 'black-hole');
    }
  }

  #reset(): void {
    reset(this.#client);
    reset(this.#server);
  }

  // Not a reset: that could make the receiver throw away the bytes that were still let through.
  #cut(): void {
    this.#client.destroySoon();
    this.#server.destroySoon();
  }
}

/** Bytes one way. */
class Lane {
  delayMs = 0;
  #held = false;
  #left = Number.POSITIVE_INFINITY;
  #onCut = () => {};
  #waiting: { readonly due: number; readonly chunk: Buffer | undefined }[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(
    readonly from: Socket,
    readonly to: Socket,
    readonly moved: (bytes: number) => void,
  ) {
    from.on('data', (chunk: Buffer) => this.#carry(chunk));
    from.on('end', () => this.#carry(undefined));
    to.on('drain', () => this.#flow());
  }

  cutAfter(bytes: number, onCut: () => void): void {
    this.#left = bytes;
    this.#onCut = onCut;
  }

  neverCut(): void {
    this.#left = Number.POSITIVE_INFINITY;
  }

  hold(held: boolean): void {
    this.#held = held;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (held) this.from.pause();
    else this.#deliver();
    this.#flow();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#waiting = [];
  }

  #flow(): void {
    if (!this.#held && !this.to.writableNeedDrain) this.from.resume();
  }

  #carry(chunk: Buffer | undefined): void {
    this.#waiting.push({ due: performance.now() + this.delayMs, chunk });
    this.#deliver();
  }

  #deliver(): void {
    if (this.#held || this.#timer) return;
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      const early = next.due - performance.now();
      if (early > 0) {
        this.#timer = setTimeout(() => {
          this.#timer = undefined;
          this.#deliver();
        }, early);
        return;
      }
      this.#waiting.shift();
      this.#write(next.chunk);
    }
  }

  #write(chunk: Buffer | undefined): void {
    if (this.to.destroyed || this.to.writableEnded) return;
    if (!chunk) {
      this.to.end();
      return;
    }
    const through = chunk.subarray(0, this.#left);
    this.#left -= through.length;
    this.moved(through.length);
    if (!this.to.write(through)) this.from.pause();
    if (this.#left === 0) {
      this.#left = Number.POSITIVE_INFINITY;
      this.#onCut();
    }
  }
}
