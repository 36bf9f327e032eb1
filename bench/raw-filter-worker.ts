/** Runs in a worker: the same filter by hand. A batch comes, its answers go back as bits. */
addEventListener('message', ({ data }: MessageEvent<readonly { mag: number }[]>) => {
  const bits = new Uint8Array(Math.ceil(data.length / 8));
  for (const [i, { mag }] of data.entries()) if (mag < 6.5) bits[i >> 3] = (bits[i >> 3] as number) | (1 << (i & 7));
  postMessage(bits);
});
