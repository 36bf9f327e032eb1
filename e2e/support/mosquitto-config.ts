import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { join } from 'node:path';

export interface MosquittoSettings {
  /** Keeps sessions, queued and retained messages on disk after each change, so that even `kill()` leaves them. */
  readonly persistence?: boolean;
  /** Names and passwords. Without them everybody may connect. */
  readonly users?: Readonly<Record<string, string>>;
  /** A file of `user name:hash` lines that exists already, instead of `users`. */
  readonly passwordFile?: string;
  /** The text of an ACL file: `user alice`, `topic readwrite a/#`, and so on. */
  readonly acl?: string;
  /** Bytes of an MQTT packet; the broker refuses larger ones. */
  readonly maxPacketSize?: number;
  /** Further lines of mosquitto.conf, for all listeners. */
  readonly config?: readonly string[];
}

interface Place {
  readonly folder: string;
  readonly host: string;
  readonly wsPort: number;
  readonly tcpPort: number;
}

const ITERATIONS = 101;

export function mosquittoConfig(settings: MosquittoSettings, { folder, host, wsPort, tcpPort }: Place): string {
  const { persistence = false, users, passwordFile, acl, maxPacketSize, config = [] } = settings;
  const passwords = users ? join(folder, 'passwords') : passwordFile;
  const lines = [
    // Started by root it would become a user who may not write to this folder.
    process.getuid?.() === 0 && 'user root',
    'log_dest stderr',
    `allow_anonymous ${passwords === undefined}`,
    passwords !== undefined && `password_file ${passwords}`,
    acl !== undefined && `acl_file ${join(folder, 'acl')}`,
    maxPacketSize !== undefined && `max_packet_size ${maxPacketSize}`,
    'set_tcp_nodelay true',
    ...(persistence ? ['persistence true', `persistence_location ${folder}/`, 'autosave_on_changes true', 'autosave_interval 1'] : []),
    ...config,
    // With a websockets listener alone, Mosquitto 2.0.11 refuses to start.
    `listener ${tcpPort} ${host}`,
    `listener ${wsPort} ${host}`,
    'protocol websockets',
  ];
  return `${lines.filter((line) => line !== false).join('\n')}\n`;
}

/** The lines of a password file, as Mosquitto 2 hashes them. */
export function passwordLines(users: Readonly<Record<string, string>>): string {
  return Object.entries(users)
    .map(([name, password]) => {
      const salt = randomBytes(12);
      const hash = pbkdf2Sync(password, salt, ITERATIONS, 64, 'sha512');
      return `${name}:$7$${ITERATIONS}$${salt.toString('base64')}$${hash.toString('base64')}\n`;
    })
    .join('');
}
