import type { Aedes, AuthorizePublishHandler, Client } from 'aedes';

/**
 * While Aedes hands a session what came while it was away, what is published meanwhile would get in between: out of order, some of it twice, and Aedes
 * hangs up over acknowledgements that it no longer knows. So nothing is published as long as some session is being resumed.
 */
export function keepOrder(broker: Aedes): void {
  const resuming = new Set<Client>();
  const { authorizePublish } = broker;
  let waiting: (() => void)[] = [];
  const over = (client: Client) => {
    resuming.delete(client);
    if (resuming.size > 0) return;
    const going = waiting;
    waiting = [];
    for (const go of going) go();
  };
  broker.preConnect = (client, packet, done) => {
    if (!packet.clean) {
      resuming.add(client);
      client.conn.once('close', () => over(client));
    }
    done(null, true);
  };
  broker.on('clientReady', over);
  broker.authorizePublish = ((client, packet, done) => {
    const go = () => authorizePublish(client, packet, done);
    if (resuming.size === 0) go();
    else waiting.push(go);
  }) satisfies AuthorizePublishHandler;
}
