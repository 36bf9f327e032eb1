/** A map of the world with earthquakes on it. The Pacific is in the middle, for most of them are around it. */
import { type GeoPermissibleObjects, geoEqualEarth, geoGraticule10, geoPath } from 'd3-geo';
import { feature } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import worldUrl from '../node_modules/vega-datasets/data/world-110m.json?url';
import { fitCanvas, redraw, tones } from './canvas.js';
import type { Quake } from './quake.js';
import { QuakeLayer } from './quake-layer.js';

type World = Topology<{ land: GeometryCollection }>;

const SPHERE: GeoPermissibleObjects = { type: 'Sphere' };
/** Cuts the world in the Atlantic. */
const PACIFIC: [number, number] = [-150, 0];

export class WorldMap {
  readonly #ground: HTMLCanvasElement;
  readonly #quakes: QuakeLayer;
  readonly #projection = geoEqualEarth().rotate(PACIFIC);
  #land: GeoPermissibleObjects | undefined;

  constructor(box: HTMLElement) {
    const [ground, dots, waves] = Array.from({ length: 3 }, () => box.appendChild(document.createElement('canvas')));
    this.#ground = ground as HTMLCanvasElement;
    this.#quakes = new QuakeLayer(dots as HTMLCanvasElement, waves as HTMLCanvasElement, this.#projection);
    redraw(box, () => this.#draw());
  }

  /** The quakes do not wait for the land. */
  async load(): Promise<void> {
    const response = await fetch(worldUrl);
    if (!response.ok) throw new Error(`The map could not be loaded (${response.status})`);
    const world = (await response.json()) as World;
    this.#land = feature(world, world.objects.land);
    this.#draw();
  }

  /** Drawn at once; one that is there already makes another wave. */
  add(quake: Quake): void {
    this.#quakes.add(quake);
  }

  clear(): void {
    this.#quakes.clear();
  }

  /** Hides what is weaker. */
  set minimum(mag: number) {
    this.#quakes.minimum = mag;
  }

  /** The quake under this point of the box, if any. */
  at(x: number, y: number): Quake | undefined {
    return this.#quakes.at(x, y);
  }

  #draw(): void {
    const { context, width, height } = fitCanvas(this.#ground);
    this.#projection.fitExtent(
      [
        [1, 1],
        [width - 1, height - 1],
      ],
      SPHERE,
    );
    const { sea, land, rule } = tones(this.#ground, { sea: '--sea', land: '--land', rule: '--graticule' });
    const path = geoPath(this.#projection, context);
    context.clearRect(0, 0, width, height);
    const shape = (object: GeoPermissibleObjects) => {
      context.beginPath();
      path(object);
    };
    shape(SPHERE);
    context.fillStyle = sea;
    context.fill();
    shape(geoGraticule10());
    context.lineWidth = 0.5;
    context.strokeStyle = rule;
    context.stroke();
    if (this.#land) {
      shape(this.#land);
      context.fillStyle = land;
      context.fill();
    }
    this.#quakes.redraw();
  }
}
