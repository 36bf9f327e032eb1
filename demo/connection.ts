/** How a connection stands, for people. */
import type { MqttState } from 'proxystream/shims/mqtt';

export interface Connection {
  readonly tone: 'calm' | 'busy' | 'good' | 'bad';
  readonly words: string;
  /** Worth interrupting for. */
  readonly alarm?: string;
}

export const TABS: Connection = { tone: 'good', words: 'Open to every tab of this browser' };

export function inWords(state: MqttState): Connection {
  switch (state.status) {
    case 'idle':
      return { tone: 'calm', words: 'Not connected yet' };
    case 'connecting':
      return { tone: 'busy', words: state.attempt > 1 ? `Connecting, attempt ${state.attempt}` : 'Connecting' };
    case 'connected':
      return { tone: 'good', words: `Connected, MQTT ${state.protocol === 5 ? '5' : '3.1.1'}` };
    case 'waiting':
      return {
        tone: 'bad',
        words: `Next attempt in ${(state.delayMs / 1000).toFixed(1)} s`,
        alarm: 'The broker is out of reach. It is tried again until it is back.',
      };
    case 'failed':
      return { tone: 'bad', words: 'Given up', alarm: `The broker refuses: ${state.error.message}` };
    case 'closed':
      return { tone: 'calm', words: 'Closed' };
  }
}
