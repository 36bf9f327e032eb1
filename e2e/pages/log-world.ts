/** One context's opening of a log. */
import { type Durability, openLog } from 'proxystream/log';
import type { LogWish, LogWorld } from 'proxystream/testing';

export async function logWorld(name: string, wish: LogWish, durability: Durability): Promise<LogWorld> {
  const log = await openLog(name, { ...wish, durability });
  return {
    publisher: () => log.publisher(),
    subscriber: (filter, reading) => log.subscriber(filter, reading),
    close: () => log.close(),
  };
}

export function removeLog(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(`proxystream/log/${name}`);
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error);
  });
}
