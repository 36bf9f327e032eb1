/** Canvases that follow their box, the screen's density and the page's colours. */
export interface Fitted {
  readonly context: CanvasRenderingContext2D;
  /** In CSS pixels, like everything drawn. */
  readonly width: number;
  readonly height: number;
}

/** Gives the canvas as many pixels as its box has; keeps its content when that changes nothing. */
export function fitCanvas(canvas: HTMLCanvasElement): Fitted {
  const density = Math.min(2, devicePixelRatio);
  const { clientWidth: width, clientHeight: height } = canvas;
  const [across, down] = [Math.round(width * density), Math.round(height * density)];
  const context = canvas.getContext('2d');
  if (!context) throw new Error('This browser has no canvas');
  if (canvas.width !== across || canvas.height !== down) Object.assign(canvas, { width: across, height: down });
  context.setTransform(density, 0, 0, density, 0, 0);
  return { context, width, height };
}

/** The present values of custom properties, by names of one's own. */
export function tones<K extends string>(element: Element, properties: Readonly<Record<K, string>>): Record<K, string> {
  const style = getComputedStyle(element);
  const entries = Object.entries<string>(properties).map(([name, property]) => [name, style.getPropertyValue(property).trim()]);
  return Object.fromEntries(entries) as Record<K, string>;
}

/** Calls `draw` now, and whenever the element's size or the colour scheme changes. */
export function redraw(element: Element, draw: () => void): void {
  new ResizeObserver(draw).observe(element);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
}
