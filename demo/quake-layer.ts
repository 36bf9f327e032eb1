/** Dots for earthquakes, drawn once when they come, and above them the waves of those that have just come, drawn every frame. */
import type { GeoProjection } from 'd3-geo';
import { fitCanvas, tones } from './canvas.js';
import type { Quake } from './quake.js';

interface Dot {
  readonly quake: Quake;
  x: number;
  y: number;
  radius: number;
}

const WAVE_MS = 1100;
/** More at once are no longer told apart. */
const MOST_WAVES = 160;
const REACH_PX = 12;

export class QuakeLayer {
  readonly #dotsCanvas: HTMLCanvasElement;
  readonly #wavesCanvas: HTMLCanvasElement;
  readonly #project: GeoProjection;
  readonly #dots = new Map<string, Dot>();
  readonly #still = matchMedia('(prefers-reduced-motion: reduce)');
  #waves: { readonly dot: Dot; readonly since: number }[] = [];
  #tones: Record<'weak' | 'light' | 'strong', string>;
  #minimum = Number.NEGATIVE_INFINITY;
  #frame = 0;

  constructor(dots: HTMLCanvasElement, waves: HTMLCanvasElement, project: GeoProjection) {
    this.#dotsCanvas = dots;
    this.#wavesCanvas = waves;
    this.#project = project;
    this.#tones = this.#readTones();
  }

  set minimum(mag: number) {
    this.#minimum = mag;
    this.#paint();
  }

  add(quake: Quake): void {
    let dot = this.#dots.get(quake.id);
    if (!dot) {
      dot = this.#place({ quake, x: 0, y: 0, radius: 0 });
      this.#dots.set(quake.id, dot);
      this.#drawDot(this.#dotsCanvas.getContext('2d'), dot);
    }
    if (this.#still.matches || this.#waves.length >= MOST_WAVES || quake.mag < this.#minimum) return;
    this.#waves.push({ dot, since: performance.now() });
    this.#frame ||= requestAnimationFrame(() => this.#drawWaves());
  }

  clear(): void {
    this.#dots.clear();
    this.#waves = [];
    this.#paint();
  }

  at(x: number, y: number): Quake | undefined {
    let nearest: Dot | undefined;
    let least = REACH_PX;
    for (const dot of this.#dots.values()) {
      const distance = Math.hypot(dot.x - x, dot.y - y);
      if (distance < least && dot.quake.mag >= this.#minimum) [nearest, least] = [dot, distance];
    }
    return nearest?.quake;
  }

  /** After the box, the projection or the colours have changed. */
  redraw(): void {
    fitCanvas(this.#wavesCanvas);
    this.#tones = this.#readTones();
    for (const dot of this.#dots.values()) this.#place(dot);
    this.#paint();
  }

  #paint(): void {
    const { context, width, height } = fitCanvas(this.#dotsCanvas);
    context.clearRect(0, 0, width, height);
    for (const dot of this.#dots.values()) this.#drawDot(context, dot);
  }

  #drawDot(context: CanvasRenderingContext2D | null, { quake, x, y, radius }: Dot): void {
    if (!context || quake.mag < this.#minimum) return;
    context.globalAlpha = 0.6;
    context.fillStyle = this.#toneOf(quake);
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.fill();
  }

  #drawWaves(): void {
    const { context, width, height } = fitCanvas(this.#wavesCanvas);
    const now = performance.now();
    context.clearRect(0, 0, width, height);
    context.lineWidth = 1.5;
    this.#waves = this.#waves.filter(({ since }) => now - since < WAVE_MS);
    for (const { dot, since } of this.#waves) {
      const age = (now - since) / WAVE_MS;
      context.globalAlpha = (1 - age) ** 2;
      context.strokeStyle = this.#toneOf(dot.quake);
      context.beginPath();
      context.arc(dot.x, dot.y, dot.radius + (6 + 2.5 * dot.radius) * (1 - (1 - age) ** 3), 0, 2 * Math.PI);
      context.stroke();
    }
    this.#frame = this.#waves.length > 0 ? requestAnimationFrame(() => this.#drawWaves()) : 0;
  }

  #place(dot: Dot): Dot {
    const { lon, lat, mag } = dot.quake;
    const [x, y] = this.#project([lon, lat]) ?? [0, 0];
    const scale = Math.max(0.6, this.#dotsCanvas.clientWidth / 1000);
    return Object.assign(dot, { x, y, radius: scale * Math.max(1.6, 0.45 * 1.7 ** mag) });
  }

  #toneOf({ mag }: Quake): string {
    return mag < 2.5 ? this.#tones.weak : mag < 5 ? this.#tones.light : this.#tones.strong;
  }

  #readTones() {
    return tones(this.#dotsCanvas, { weak: '--quake-weak', light: '--quake-light', strong: '--quake-strong' });
  }
}
