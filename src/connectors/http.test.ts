import { describe, inject, it } from 'vitest';
import { describeConnector } from '../testing/index.js';
import { HttpConnector } from './http.js';

const supports = { counts: true, expires: false, streams: true, bounded: false };

for (const server of ['nginx', 'objects'] as const) {
  const name = { nginx: 'HTTP to nginx with WebDAV', objects: "HTTP to the demo server's endpoint" }[server];
  const url = inject(server);
  describeConnector(name, { supports, open: () => ({ connector: () => new HttpConnector({ url }) }) }, { describe, it });
}
