/** Real servers on loopback for tests, each over a directory of its own, on a port that the system chooses. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findExecutable } from '../../../src/system/dependencies.ts';
import { rcloneEnvironment } from '../../../src/system/environment.ts';
import { startServer } from '../../../src/system/process-server.ts';

/** This process's environment without AWS_CA_BUNDLE, on which rclone 1.60 fails (TOOLS.md R23). */
export const cleanEnvironment: NodeJS.ProcessEnv = { ...process.env, AWS_CA_BUNDLE: undefined };

export interface Server {
  readonly port: number;
  stop(): Promise<void>;
}

/** `rclone serve <protocol> <directory>` with further arguments. */
async function serve(protocol: string, directory: string, args: readonly string[]): Promise<Server> {
  const said: string[] = [];
  const file = findExecutable('rclone', cleanEnvironment) ?? 'rclone';
  let announce: (port: number) => void = () => {};
  const announced = new Promise<number>((resolve) => {
    announce = resolve;
  });
  const server = await startServer({
    file,
    args: ['serve', protocol, directory, '--addr', '127.0.0.1:0', '--config', '', ...args],
    environment: rcloneEnvironment(cleanEnvironment),
    onStderrLine: (line) => {
      said.push(line);
      const port = /(?:Server started on http:\/\/|SFTP server listening on )127\.0\.0\.1:(\d+)/.exec(
        line,
      )?.[1];
      if (port !== undefined) announce(Number(port));
    },
  });
  const port = await Promise.race([announced, server.exited.then(() => undefined)]);
  if (port === undefined) throw new Error(`rclone serve ${protocol} ended: ${said.join('\n')}`);
  return { port, stop: () => server.stop() };
}

/** A WebDAV server over a directory; with a user and password, or a file of users and hashes, when given. */
export function serveWebdav(
  directory: string,
  login?: { user: string; password: string } | { htpasswd: string },
): Promise<Server> {
  if (login === undefined) return serve('webdav', directory, []);
  const way =
    'htpasswd' in login ? ['--htpasswd', login.htpasswd] : ['--user', login.user, '--pass', login.password];
  return serve('webdav', directory, way);
}

export interface SftpServer extends Server {
  /** Knows the server's key at its address. */
  readonly knownHostsLine: string;
}

/** An SFTP server over a directory, with its key in `keys`. @param login a password, or a file of public keys. */
export async function serveSftp(
  directory: string,
  keys: string,
  login: { user: string; password: string } | { authorizedKeys: string },
): Promise<SftpServer> {
  const key = join(keys, 'host_key');
  makeKey(key);
  const way =
    'password' in login
      ? ['--user', login.user, '--pass', login.password]
      : ['--authorized-keys', login.authorizedKeys];
  const server = await serve('sftp', directory, ['--key', key, ...way]);
  const [type, body] = readFileSync(`${key}.pub`, 'utf8').split(' ');
  return { ...server, knownHostsLine: `[127.0.0.1]:${server.port} ${type} ${body}\n` };
}

/** A new private key in `path`, its public half in `path.pub`. */
export function makeKey(path: string, passphrase = ''): void {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase, '-C', 'test', '-f', path]);
}
