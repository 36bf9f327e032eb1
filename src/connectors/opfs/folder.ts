/** A folder of files, each with the time it expires in its first 8 bytes. */

/** A file of which not all is written begins with zeros. */
const WHOLE_FROM = 8;

export interface Folder {
  write(name: string, bytes: Uint8Array, expiresAt?: number): Promise<void>;
  /** Undefined when it is not there, not whole, or expired. */
  read(name: string): Promise<Blob | undefined>;
  /** False when it was not there. */
  remove(name: string): Promise<boolean>;
  /** Returns the number of objects; the marker beside one is none. */
  removeExpired(now: number): Promise<number>;
}

/** Rejects where files cannot be written, whatever the context claims to have. */
export async function openFolder(name: string): Promise<Folder> {
  const root = await navigator.storage.getDirectory();
  const parent = await root.getDirectoryHandle('proxystream', { create: true });
  const handle = await parent.getDirectoryHandle(encodeURIComponent(name), { create: true });
  const folder = folderOf(handle);
  const probe = `probe-${crypto.randomUUID()}`;
  await folder.write(probe, Uint8Array.of(1));
  await folder.remove(probe);
  return folder;
}

function folderOf(handle: FileSystemDirectoryHandle): Folder {
  return {
    async write(name, bytes, expiresAt = Number.POSITIVE_INFINITY) {
      const file = await handle.getFileHandle(name, { create: true });
      const head = new Uint8Array(new Float64Array([expiresAt]).buffer);
      await ('createWritable' in file ? writeAside(file, head, bytes) : writeInPlace(file, head, bytes));
    },
    async read(name) {
      const found = await find(handle, name);
      return found && found.expiresAt > Date.now() ? found.file.slice(WHOLE_FROM) : undefined;
    },
    async remove(name) {
      return handle.removeEntry(name).then(
        () => true,
        (error: Error) => {
          if (error.name === 'NotFoundError') return false;
          throw error;
        },
      );
    },
    async removeExpired(now) {
      let removed = 0;
      for await (const name of (handle as unknown as { keys(): AsyncIterable<string> }).keys()) {
        const found = await find(handle, name);
        if (found && found.expiresAt > 0 && found.expiresAt <= now && (await this.remove(name)) && !name.includes('~')) removed++;
      }
      return removed;
    },
  };
}

async function find(handle: FileSystemDirectoryHandle, name: string): Promise<{ file: File; expiresAt: number } | undefined> {
  try {
    const file = await (await handle.getFileHandle(name)).getFile();
    const [expiresAt = 0] = file.size < WHOLE_FROM ? [] : new Float64Array(await file.slice(0, WHOLE_FROM).arrayBuffer());
    return { file, expiresAt };
  } catch (error) {
    if ((error as Error).name === 'NotFoundError') return undefined;
    throw error;
  }
}

/** Nobody sees any of it before it is closed. */
async function writeAside(file: FileSystemFileHandle, head: Uint8Array, bytes: Uint8Array): Promise<void> {
  const writable = await file.createWritable();
  await writable.write(head as BufferSource);
  await writable.write(bytes as BufferSource);
  await writable.close();
}

/** Where only workers may write, and only in place. */
async function writeInPlace(file: FileSystemFileHandle, head: Uint8Array, bytes: Uint8Array): Promise<void> {
  const access = await (file as unknown as SyncFile).createSyncAccessHandle();
  try {
    access.truncate(0);
    access.write(bytes, { at: WHOLE_FROM });
    access.flush();
    access.write(head, { at: 0 });
    access.flush();
  } finally {
    access.close();
  }
}

/** As TypeScript knows it in workers only. */
interface SyncFile {
  createSyncAccessHandle(): Promise<{
    truncate(size: number): void;
    write(bytes: Uint8Array, options: { at: number }): number;
    flush(): void;
    close(): void;
  }>;
}
