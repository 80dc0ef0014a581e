/** Clients for the benchmark: one by `cryptosync install`, many by writing their trees. */
import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Scratch } from '../scripts/quickstart/scratch.ts';
import { type Program, timeOf } from './measure.ts';

const script = fileURLToPath(new URL('../bin/run.js', import.meta.url));

/** A call of the built cryptosync by this very node, on the clients below `root`. */
export function cryptosync(scratch: Scratch, root: string, ...args: string[]): Program {
  return {
    file: process.execPath,
    args: [script, ...args],
    environment: {
      ...environmentOf(scratch),
      CRYPTOSYNC_ROOT: join(scratch.path, root),
      CRYPTOSYNC_PASSWORD: password,
    },
  };
}

export const password = 'benchmark';

/** The start is measured as it is in daily use: with the compile cache. */
export function environmentOf({ environment }: Scratch): Record<string, string> {
  const { NODE_DISABLE_COMPILE_CACHE: _, ...rest } = environment;
  return rest;
}

/** Sets a client up with a folder as its remote. @returns its mount directory. */
export function installClient(scratch: Scratch, root: string, client: string): string {
  const remote = join(scratch.path, `remote-of-${client}`);
  const args = ['--remote-type', 'local', '--remote-path', remote, '--no-links', '--quiet'];
  timeOf(cryptosync(scratch, root, 'install', '--client', client, ...args));
  return join(scratch.path, root, client, 'vault/decrypted');
}

/** Writes the trees of `amount` clients as install and nightly syncs would leave them, the last one in this night. */
export function writeClients(scratch: Scratch, root: string, amount: number, nights = 31): void {
  for (let number = 1; number <= amount; number += 1) {
    const client = `client${String(number).padStart(4, '0')}`;
    const directory = join(scratch.path, root, client);
    for (const below of [
      'vault/encrypted',
      'vault/decrypted',
      'rclone',
      'cryptosync/config',
      'cryptosync/state',
    ])
      mkdirSync(join(directory, below), { recursive: true, mode: 0o700 });
    const write = (path: string, text: string): void =>
      writeFileSync(join(directory, path), text, { mode: 0o600 });
    write('vault/encrypted/gocryptfs.conf', '{}\n');
    write('vault/encrypted/gocryptfs.diriv', '0123456789abcdef');
    write('vault/encrypted/QKhbVZ4pqJ9FQ0zQm8Yd2A', 'ciphertext');
    write('rclone/rclone.conf', '[s3]\ntype = s3\nprovider = Minio\nendpoint = http://127.0.0.1:9000\n');
    write('cryptosync/config/default.json', profile(directory, client));
    write('cryptosync/state/ledger-default.jsonl', ledger(`s3:bucket/${client}`, nights));
  }
}

function profile(directory: string, client: string): string {
  const value = {
    version: 1,
    vaultId: randomUUID(),
    engine: 'gocryptfs',
    encryptedDir: join(directory, 'vault/encrypted'),
    mountDir: join(directory, 'vault/decrypted'),
    remote: { name: 's3', path: `bucket/${client}` },
    createdAt: '2026-01-31T02:00:00Z',
  };
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

function ledger(remote: string, nights: number): string {
  const place = { source: null, direction: 'upload', remote };
  const now = Date.now();
  const lines = Array.from({ length: nights }, (_value, index) => {
    const night = new Date(now - (nights - 1 - index) * 86_400_000 - 3_600_000);
    const at = `${night.toISOString().slice(0, 19)}Z`;
    const run = { run: index.toString(16).padStart(12, '0'), at, operation: 'sync' };
    const sent = { filesTransferred: 12, bytesTransferred: 123_456, deleted: 0, consistent: true };
    const counts = { mode: 'sync', ...sent, generation: index + 1 };
    const told = { durationMs: 12_345 + (index % 7) * 999, heldFiles: 1000, heldBytes: 1e9 + index * 1e6 };
    const places = [{ ...place, outcome: 'synced', ...counts }];
    return [
      { ...run, places: [place], event: 'started', pid: 4711 },
      { ...run, places, event: 'ended', outcome: 'synced', remote, direction: 'upload', ...counts, ...told },
    ];
  });
  return `${lines
    .flat()
    .map((line) => JSON.stringify(line))
    .join('\n')}\n`;
}
