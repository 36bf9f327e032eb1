import type { Mailbox } from '../../mailbox.js';
import type { BufferOptions, Message } from '../../protocols.js';

/** A subscriber as its connection sees it. */
export interface Inlet {
  readonly filter: string;
  readonly matches: (topic: string) => boolean;
  readonly qos: 0 | 1;
  readonly limits: Required<BufferOptions>;
  readonly mailbox: Mailbox<Message>;
  /** The broker should know it from before this page. */
  resumes: boolean;
  /** Set by whoever delivers: what was acknowledged, in order. */
  onAck: (messages: readonly Message[]) => void;
}
