/** `rclone serve webdav` on loopback for as long as something is measured; the kernel chooses the port. */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Scratch } from '../scripts/quickstart/scratch.ts';
import { environmentOf } from './clients.ts';

/** Gives `action` the address of a server and the directory that it serves. */
export function withWebdav<Result>(
  scratch: Scratch,
  name: string,
  action: (url: string, directory: string) => Result,
): Result {
  const directory = join(scratch.path, name);
  mkdirSync(directory);
  const log = join(scratch.path, `${name}.log`);
  const descriptor = openSync(log, 'w');
  const server = spawn('rclone', ['serve', 'webdav', '--addr', '127.0.0.1:0', directory], {
    env: environmentOf(scratch),
    stdio: ['ignore', descriptor, descriptor],
  });
  closeSync(descriptor);
  try {
    return action(addressIn(log), directory);
  } finally {
    server.kill();
  }
}

function addressIn(log: string): string {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let tries = 0; tries < 600; tries += 1) {
    const address = /http:\/\/127\.0\.0\.1:\d+/.exec(readFileSync(log, 'utf8'))?.[0];
    if (address !== undefined) return address;
    Atomics.wait(pause, 0, 0, 50);
  }
  throw new Error(`rclone serve did not say where it listens: ${readFileSync(log, 'utf8')}`);
}
