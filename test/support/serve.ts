/** Real servers on loopback for tests, each over a directory of its own, on a port that the system chooses. */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findExecutable } from '../../src/system/dependencies.ts';
import { rcloneEnvironment } from '../../src/system/environment.ts';
import { startServer } from '../../src/system/process/server.ts';
import { pause } from './machine.ts';
import { ownMounts } from './mount-namespace.ts';

/** This process's environment without AWS_CA_BUNDLE, on which rclone 1.60 fails (hazards.md R23). */
export const cleanEnvironment: NodeJS.ProcessEnv = { ...process.env, AWS_CA_BUNDLE: undefined };

export interface Server {
  readonly port: number;
  stop(): Promise<void>;
  /** Ends it as a power failure does. */
  kill(): Promise<void>;
}

/** Milliseconds. */
const startDeadline = 30_000;

/** Starts a program that says on which port it listens. @param announcement finds the port in a line that it prints */
async function startAnnounced(
  file: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  announcement: RegExp,
): Promise<Server> {
  const said: string[] = [];
  let announce: (port: number) => void = () => {};
  const announced = new Promise<number>((resolve) => {
    announce = resolve;
  });
  const onLine = (line: string): void => {
    said.push(line);
    const port = announcement.exec(line)?.[1];
    if (port !== undefined) announce(Number(port));
  };
  const server = await startServer({ file, args, environment, onStdoutLine: onLine, onStderrLine: onLine });
  const tooLate = pause(startDeadline);
  const port = await Promise.race([announced, server.exited.then(() => undefined), tooLate]);
  if (typeof port !== 'number') {
    await server.stop();
    throw new Error(`${file} ${args.join(' ')} announced nothing: ${said.join('\n')}`);
  }
  return {
    port,
    stop: () => server.stop(),
    async kill() {
      process.kill(server.pid, 'SIGKILL');
      await server.stop();
    },
  };
}

/** `rclone serve <protocol> <directory>` with further arguments. */
async function serve(protocol: string, directory: string, args: readonly string[]): Promise<Server> {
  return await startAnnounced(
    findExecutable('rclone', cleanEnvironment) ?? 'rclone',
    ['serve', protocol, directory, '--addr', '127.0.0.1:0', '--config', '', ...args],
    rcloneEnvironment(cleanEnvironment),
    /(?:Server started on \[?http:\/\/|SFTP server listening on )127\.0\.0\.1:(\d+)/,
  );
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

/** One that keeps all names apart: newer rclones take two forms of Unicode for one otherwise (hazards.md R48). */
export function serveExactWebdav(directory: string): Promise<Server> {
  return serve('webdav', directory, ['--no-unicode-normalization']);
}

/** One over a disk that takes names in other letters for one, which nothing that it says tells a client. */
export function serveFoldingWebdav(directory: string): Promise<Server> {
  return serve('webdav', directory, ['--vfs-case-insensitive']);
}

export interface SftpServer extends Server {
  /** Knows the server's key at its address. */
  readonly knownHostsLine: string;
}

/**
 * An SFTP server over a directory, with its key in `keys`, where it is made when there is none yet.
 * @param login a password, or a file of public keys.
 */
export async function serveSftp(
  directory: string,
  keys: string,
  login: { user: string; password: string } | { authorizedKeys: string },
): Promise<SftpServer> {
  const key = join(keys, 'host_key');
  if (!existsSync(key)) makeKey(key);
  const way =
    'password' in login
      ? ['--user', login.user, '--pass', login.password]
      : ['--authorized-keys', login.authorizedKeys];
  const server = await serve('sftp', directory, ['--key', key, ...way]);
  return { ...server, knownHostsLine: knownHostsLine(server.port, key) };
}

/** What a known_hosts file says of a server at a port of this machine. @param key the server's private key */
export function knownHostsLine(port: number, key: string): string {
  const [type, body] = readFileSync(`${key}.pub`, 'utf8').split(' ');
  return `[127.0.0.1]:${port} ${type} ${body}\n`;
}

/**
 * OpenSSH's sshd with its own sftp-server, its key in `keys`: for this user, by key alone.
 * @param home where a path without a slash before it begins; the user's home when left out
 */
export async function serveOpenSsh(keys: string, authorizedKeys: string, home?: string): Promise<SftpServer> {
  const key = join(keys, 'host_key');
  if (!existsSync(key)) makeKey(key);
  const port = await freePort();
  const configuration = join(keys, 'sshd_config');
  const lines = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${key}`,
    `AuthorizedKeysFile ${authorizedKeys}`,
    'PidFile none',
    'StrictModes no',
    'UsePAM no',
    'PermitRootLogin yes',
    'PasswordAuthentication no',
    `Subsystem sftp /usr/lib/openssh/sftp-server${home === undefined ? '' : ` -d ${home}`}`,
  ];
  writeFileSync(configuration, `${lines.join('\n')}\n`);
  const sshd = ['/usr/sbin/sshd', '-D', '-e', '-f', configuration];
  // root's sshd wants /run/sshd, which this machine may not have: it gets a /run of its own. What the user's shell sets
  // up for itself is not waited for at each of rclone's questions.
  const ownRun = [
    'if [ -e ~/.bashrc ]; then mount --bind /dev/null ~/.bashrc; fi',
    'mount -t tmpfs none /run && mkdir -m 755 /run/sshd',
  ].join('\n');
  const isRoot = process.getuid?.() === 0;
  const [file = '', ...args] = isRoot ? ['/usr/bin/unshare', ...ownMounts(ownRun), ...sshd] : sshd;
  const announcement = /Server listening on 127\.0\.0\.1 port (\d+)/;
  const server = await startAnnounced(file, args, rcloneEnvironment(cleanEnvironment), announcement);
  return { ...server, knownHostsLine: knownHostsLine(port, key) };
}

/** An S3 server that keeps its objects in a directory, with one bucket and the keys S3RVER and S3RVER. */
export async function serveS3(directory: string, bucket: string): Promise<Server> {
  removeHalfObjects(directory);
  const program = fileURLToPath(new URL('../../node_modules/s3rver/bin/s3rver.js', import.meta.url));
  const where = ['--directory', directory, '--address', '127.0.0.1', '--port', '0'];
  return await startAnnounced(
    process.execPath,
    ['--no-deprecation', program, ...where, '--no-vhost-buckets', '--configure-bucket', bucket],
    rcloneEnvironment(cleanEnvironment),
    /S3rver listening on 127\.0\.0\.1:(\d+)/,
  );
}

/**
 * s3rver writes an object in three files, one after the other. Killed in between it answers for that object with an
 * internal error for ever, where a real store has it whole or not at all.
 */
function removeHalfObjects(directory: string): void {
  const isWhole = (base: string): boolean => {
    try {
      JSON.parse(readFileSync(`${base}_metadata.json`, 'utf8'));
      const digest = createHash('md5')
        .update(readFileSync(`${base}_object`))
        .digest('hex');
      const told = readFileSync(`${base}_object.md5`, 'utf8');
      // one that came in parts is made whole at its end; its digest is of another kind
      return told === digest || /^[0-9a-f]{32}-\d+$/.test(told);
    } catch {
      return false;
    }
  };
  for (const file of globSync('**/*._S3rver_{object,metadata.json,object.md5}', { cwd: directory })) {
    const base = join(directory, file.replace(/_(object|metadata\.json|object\.md5)$/, ''));
    if (isWhole(base)) continue;
    for (const part of ['_object', '_metadata.json', '_object.md5'])
      rmSync(`${base}${part}`, { force: true });
  }
}

/** A port that nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A new private key in `path`, its public half in `path.pub`. */
export function makeKey(path: string, passphrase = ''): void {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase, '-C', 'test', '-f', path]);
}

/**
 * The same, which sees at once what was changed below it: it looks at the directory for each answer. With `0s` the server
 * of rclone 1.75 forgets directories without a pause (hazards.md R53).
 */
export function serveWebdavAfresh(directory: string): Promise<Server> {
  return serve('webdav', directory, ['--dir-cache-time', '1ms']);
}
