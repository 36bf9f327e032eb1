/** A seismogram such as a station not far from the quake might have drawn: a model, from the quake's real magnitude and depth. */
import type { Quake } from './quake.js';

type Facts = Pick<Quake, 'id' | 'mag' | 'depth'>;

const SAMPLES_PER_SECOND = 40;
const MINUTES = 10;
/** Kilometres to the station, as the crow flies over ground. */
const AWAY = 90;
const P_SPEED = 7.2;
const S_SPEED = 4.1;
/** Up, north, east. */
const COMPONENTS = 3;
/** Seconds of quiet, so that a large swing has room above. */
const BEFORE = 140;

/** Ground motion of one component, sample by sample, in units of the ground's own noise. */
export function motion({ id, mag, depth }: Facts, component: number): Float32Array {
  const random = randomFrom(`${id}/${component}`);
  const distance = Math.hypot(AWAY, depth);
  const [p, s] = [BEFORE + distance / P_SPEED, BEFORE + distance / S_SPEED];
  const size = 10 ** (0.75 * (mag - 3.4)) * (AWAY / distance);
  // Larger quakes last longer and are deeper in tone.
  const coda = 8 * 2 ** (mag - 3);
  const tone = 7 / 1.6 ** (mag - 3.5);
  const vertical = component === 0;
  let [slow, phase] = [0, 0];
  return Float32Array.from({ length: MINUTES * 60 * SAMPLES_PER_SECOND }, (_, i) => {
    const t = i / SAMPLES_PER_SECOND;
    slow = 0.97 * slow + 0.25 * (random() - 0.5);
    phase += (tone * (0.8 + 0.4 * random())) / SAMPLES_PER_SECOND;
    const wave = Math.sin(2 * Math.PI * phase) + 1.2 * (random() - 0.5);
    return 2 * slow + wave * size * (arrival(t - p, coda / 3) * (vertical ? 0.5 : 0.3) + arrival(t - s, coda) * (vertical ? 0.7 : 1));
  });
}

/** Sharp at first, then dying away. */
function arrival(since: number, lasting: number): number {
  return since < 0 ? 0 : Math.min(1, since * 4) * Math.exp(-since / lasting);
}

export interface Paper {
  readonly width: number;
  readonly height: number;
  /** Lines of one component below each other, as a drum records them. */
  readonly turns: number;
}

/** Stronger quakes get more of it. */
export function paperFor({ mag }: Facts): Paper {
  const scale = Math.min(1.3, Math.max(0.8, 0.8 + (mag - 4.5) * 0.3));
  return { width: Math.round(1200 * scale), height: Math.round(900 * scale), turns: 5 };
}

type Context = Pick<
  OffscreenCanvasRenderingContext2D,
  'fillStyle' | 'strokeStyle' | 'lineWidth' | 'fillRect' | 'beginPath' | 'moveTo' | 'lineTo' | 'stroke'
>;

/** Ink on paper, in the dark too: it is a picture of a thing. */
export function drawSeismogram(context: Context, facts: Facts, { width, height, turns }: Paper): void {
  context.fillStyle = '#f6f1e4';
  context.fillRect(0, 0, width, height);
  context.fillStyle = '#e3dac4';
  for (let minute = 0; minute <= MINUTES / turns; minute++) context.fillRect((minute * width) / (MINUTES / turns), 0, 1, height);
  const lines = COMPONENTS * turns;
  const room = height / lines;
  context.lineWidth = 0.7;
  for (let component = 0; component < COMPONENTS; component++) {
    const samples = motion(facts, component);
    const perTurn = samples.length / turns;
    context.strokeStyle = ['#1d2b3a', '#234a2f', '#4a2330'][component] as string;
    for (let turn = 0; turn < turns; turn++) {
      const middle = (component * turns + turn + 0.5) * room;
      context.beginPath();
      for (let i = 0; i < perTurn; i++) {
        const swing = Math.max(-2.4, Math.min(2.4, (samples[turn * perTurn + i] ?? 0) / 9));
        const [x, y] = [(i * width) / perTurn, middle - swing * room];
        if (i === 0) context.moveTo(x, y);
        else context.lineTo(x, y);
      }
      context.stroke();
    }
  }
}

/** From 0 to 1, the same for the same seed. */
function randomFrom(seed: string): () => number {
  let state = 2166136261;
  for (const letter of seed) state = Math.imul(state ^ letter.charCodeAt(0), 16777619);
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
