/** A real PostgreSQL on loopback, with a cluster of its own in a temporary directory. Root may not run it: postgres does. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, globSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { waitUntil } from './machine.ts';
import { freePort } from './serve.ts';

export interface Postgres {
  readonly port: number;
  /** As a node is given it, by way of a port. */
  url(port?: number): string;
  /** Runs SQL. @returns what psql prints, without headings */
  sql(text: string): string;
  stop(): Promise<void>;
}

/** Where Debian keeps them; the newest last. */
function toolsDirectory(): string {
  const found = globSync('/usr/lib/postgresql/*/bin/initdb').sort().at(-1);
  if (found === undefined) throw new Error('PostgreSQL is not installed');
  return join(found, '..');
}

/** The user that runs it: this one, unless it is root. */
function runner(): { uid?: number; gid?: number } {
  if (userInfo().uid !== 0) return {};
  const id = (what: string): number => Number(execFileSync('id', [what, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

export async function startPostgres(): Promise<Postgres> {
  const tools = toolsDirectory();
  const user = runner();
  const directory = mkdtempSync(join(tmpdir(), 'cryptosync-postgres-'));
  const cluster = join(directory, 'cluster');
  mkdirSync(cluster, { mode: 0o700 });
  for (const path of [directory, cluster]) {
    if (user.uid !== undefined && user.gid !== undefined) chownSync(path, user.uid, user.gid);
  }
  const env = { PATH: process.env['PATH'], LC_ALL: 'C', HOME: directory };
  const made = ['-D', cluster, '-A', 'trust', '-U', 'tester', '-E', 'UTF8', '--no-sync'];
  execFileSync(join(tools, 'initdb'), made, { ...user, env, cwd: directory, stdio: 'ignore' });
  const port = await freePort();
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off', `port=${port}`];
  const server = spawn(
    join(tools, 'postgres'),
    ['-D', cluster, ...settings.flatMap((setting) => ['-c', setting])],
    { ...user, env, cwd: directory, stdio: 'ignore' },
  );
  const url = (at = port): string => `postgres://tester@127.0.0.1:${at}/postgres`;
  const sql = (text: string): string =>
    execFileSync(join(tools, 'psql'), [url(), '-XAtc', text], {
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  const answers = (): boolean => {
    try {
      return sql('select 1') === '1\n';
    } catch {
      return false;
    }
  };
  const stop = async (): Promise<void> => {
    if (server.exitCode === null && server.signalCode === null) {
      server.kill('SIGINT');
      await once(server, 'exit');
    }
    rmSync(directory, { recursive: true });
  };
  if (await waitUntil(answers, 30_000)) return { port, url, sql, stop };
  await stop();
  throw new Error('PostgreSQL does not answer');
}
