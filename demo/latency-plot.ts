/** The last minute of latencies: p50 as a line, the way up to p99 as a band. Logarithmic, for a good wire and a bad one differ a thousandfold. */
import { fitCanvas, tones } from './canvas.js';
import { type LatencyHistory, STEPS } from './latency.js';

const LEAST_MS = 0.1;
const MOST_MS = 10_000;
const RULES = { '1 ms': 1, '100 ms': 100, '10 s': 10_000 };
const GUTTER = 48;

export function drawLatency(canvas: HTMLCanvasElement, { steps }: LatencyHistory): void {
  const { context, width, height } = fitCanvas(canvas);
  const { ink, rule, accent } = tones(canvas, { ink: '--quiet', rule: '--line', accent: '--accent' });
  const across = (step: number) => GUTTER + ((width - GUTTER - 2) * (step + STEPS - steps.length)) / (STEPS - 1);
  const up = (ms: number) => 8 + (height - 16) * (1 - share(ms));
  context.clearRect(0, 0, width, height);
  context.font = `11px ${getComputedStyle(canvas).fontFamily}`;
  context.textBaseline = 'middle';
  context.lineWidth = 1;
  for (const [label, ms] of Object.entries(RULES)) {
    context.fillStyle = ink;
    context.fillText(label, 0, up(ms));
    context.fillStyle = rule;
    context.fillRect(GUTTER, Math.round(up(ms)), width - GUTTER, 1);
  }
  context.fillStyle = accent;
  context.strokeStyle = accent;
  context.globalAlpha = 0.25;
  for (const [step, found] of steps.entries()) {
    if (found) context.fillRect(across(step) - 1, up(found.p99), 2, Math.max(1, up(found.p50) - up(found.p99)));
  }
  context.globalAlpha = 1;
  context.lineWidth = 1.5;
  context.beginPath();
  for (const [step, found] of steps.entries()) {
    if (!found) continue;
    if (steps[step - 1]) context.lineTo(across(step), up(found.p50));
    else context.moveTo(across(step) - 1, up(found.p50));
    if (!steps[step - 1] && !steps[step + 1]) context.lineTo(across(step) + 1, up(found.p50));
  }
  context.stroke();
}

function share(ms: number): number {
  const within = Math.min(MOST_MS, Math.max(LEAST_MS, ms));
  return Math.log(within / LEAST_MS) / Math.log(MOST_MS / LEAST_MS);
}
