/** The last half minute of frame rates, as a line; shaded while the filters ran on the page. */
import { fitCanvas, tones } from './canvas.js';
import type { Thread } from './filters.js';

/** One point. */
export const STEP_MS = 250;
const STEPS = 120;
const GUTTER = 28;
const USUAL = 60;

export interface FrameStep {
  readonly frames: number;
  readonly thread: Thread;
}

export class FrameHistory {
  /** Oldest first. */
  steps: readonly FrameStep[] = [];

  add(step: FrameStep): void {
    this.steps = [...this.steps.slice(1 - STEPS), step];
  }
}

export function drawFrames(canvas: HTMLCanvasElement, { steps }: FrameHistory): void {
  const { context, width, height } = fitCanvas(canvas);
  const { ink, rule, accent, busy } = tones(canvas, { ink: '--quiet', rule: '--line', accent: '--accent', busy: '--busy' });
  const most = Math.max(USUAL, ...steps.map(({ frames }) => frames));
  const stride = (width - GUTTER) / STEPS;
  const across = (step: number) => GUTTER + stride * (step + STEPS - steps.length);
  const up = (frames: number) => 8 + (height - 16) * (1 - frames / most);
  context.clearRect(0, 0, width, height);
  context.font = `11px ${getComputedStyle(canvas).fontFamily}`;
  context.textBaseline = 'middle';
  context.fillStyle = busy;
  context.globalAlpha = 0.18;
  for (const [step, { thread }] of steps.entries())
    if (thread === 'page') context.fillRect(Math.round(across(step)), 0, Math.round(across(step + 1)) - Math.round(across(step)), height);
  context.globalAlpha = 1;
  for (const frames of [0, USUAL / 2, USUAL]) {
    context.fillStyle = ink;
    context.fillText(String(frames), 0, up(frames));
    context.fillStyle = rule;
    context.fillRect(GUTTER, Math.round(up(frames)), width - GUTTER, 1);
  }
  context.strokeStyle = accent;
  context.lineWidth = 2;
  context.beginPath();
  for (const [step, { frames }] of steps.entries()) context.lineTo(across(step) + stride / 2, up(frames));
  context.stroke();
}
