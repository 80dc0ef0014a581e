/**
 * Storages as an operator rents them: a real server of each kind, at an address that stays the same while the server
 * is killed, started again, or cut off, and the directory in which it keeps what it is given.
 */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { type LoopbackProxy, startProxy } from './proxy.ts';
import {
  knownHostsLine,
  makeKey,
  type Server,
  serveOpenSsh,
  serveS3,
  serveSftp,
  serveWebdav,
} from './serve.ts';

export interface Storage {
  /** Where its server keeps everything. */
  readonly directory: string;
  /** What `install` is told for a place of that name on it. */
  installOptions(name: string): string[];
  /** What it needs in a profile besides. */
  readonly rcloneFlags: readonly string[];
  /** Where the connections to it go through; a directory of this machine has none. */
  readonly connection: LoopbackProxy | undefined;
  /** Kills the server, and after a while starts it again over the same directory. */
  restart(pause: number): Promise<void>;
  close(): Promise<void>;
}

export const storageKinds = ['local', 'webdav', 'sftp', 'openssh', 's3'] as const;
export type StorageKind = (typeof storageKinds)[number];

/** @param workspace a directory for it alone */
export async function startStorage(kind: StorageKind, workspace: string): Promise<Storage> {
  const directory = join(workspace, 'stored');
  mkdirSync(directory, { recursive: true });
  if (kind === 'local') return thisMachine(directory);
  const { start, options } = prepare(kind, directory, workspace);
  let server = await start();
  const connection = await startProxy(server.port);
  return {
    directory,
    connection,
    installOptions: (name) => [
      ...options(connection.port, name).flatMap((option) => ['--remote-option', option]),
      ...['--remote-type', kind === 'openssh' ? 'sftp' : kind],
      ...[
        '--remote-path',
        kind === 's3' ? `bucket/${name}` : kind === 'openssh' ? join(directory, name) : name,
      ],
    ],
    // s3rver leaves a directory that holds only directories out of listings by directory
    rcloneFlags: kind === 's3' ? ['--fast-list'] : [],
    async restart(pause) {
      await server.kill();
      connection.setManner('refuse');
      await new Promise((resolve) => setTimeout(resolve, pause));
      server = await start();
      connection.setTarget(server.port);
      connection.setManner('open');
    },
    async close() {
      await connection.close();
      await server.stop();
    },
  };
}

function thisMachine(directory: string): Storage {
  return {
    directory,
    connection: undefined,
    installOptions: (name) => ['--remote-type', 'local', '--remote-path', join(directory, name)],
    rcloneFlags: [],
    restart: () => Promise.reject(new Error('a directory has no server')),
    close: () => Promise.resolve(),
  };
}

/** How a server is started, and the options of a remote at its address. */
function prepare(
  kind: Exclude<StorageKind, 'local'>,
  directory: string,
  workspace: string,
): { start: () => Promise<Server>; options: (port: number, name: string) => string[] } {
  switch (kind) {
    case 'webdav': {
      const login = { user: 'tester', password: 'pass word' };
      return {
        start: () => serveWebdav(directory, login),
        options: (port) => [
          `url=http://127.0.0.1:${port}`,
          'vendor=other',
          `user=${login.user}`,
          `pass=${login.password}`,
        ],
      };
    }
    case 's3':
      return {
        start: () => serveS3(directory, 'bucket'),
        options: (port) => [
          ...['provider=Other', 'region=us-east-1', 'access_key_id=S3RVER', 'secret_access_key=S3RVER'],
          ...[`endpoint=http://127.0.0.1:${port}`, 'no_check_bucket=true'],
        ],
      };
    case 'sftp':
    case 'openssh': {
      const userKey = join(workspace, 'user_key');
      makeKey(userKey);
      const authorizedKeys = join(workspace, 'authorized_keys');
      cpSync(`${userKey}.pub`, authorizedKeys);
      const knownHosts = join(workspace, 'known_hosts');
      return {
        start: () =>
          kind === 'sftp'
            ? serveSftp(directory, workspace, { authorizedKeys })
            : serveOpenSsh(workspace, authorizedKeys),
        options: (port) => {
          writeFileSync(knownHosts, knownHostsLine(port, join(workspace, 'host_key')));
          const user = kind === 'sftp' ? 'tester' : userInfo().username;
          return [
            ...['host=127.0.0.1', `port=${port}`, `user=${user}`],
            ...[`key_file=${userKey}`, `known_hosts_file=${knownHosts}`],
          ];
        },
      };
    }
  }
}
