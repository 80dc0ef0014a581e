/**
 * A directory held by its descriptor: what is done in it is done there, whatever its path leads to meanwhile. Node has
 * no openat(2); `/proc/self/fd/N/name` is the same (proc(5)).
 */
import { closeSync, constants, fstatSync, fsyncSync, openSync, readFileSync, type Stats } from 'node:fs';
import { errnoOf } from '../errors.ts';
import { linkRefused } from './refusals.ts';

/** Names an inode without opening it, so that no FIFO and no device is touched (open(2)); node does not export it. */
export const pathOnly = 0o10000000;

/** A name as node read it, or its bytes where it may be no UTF-8. */
export type EntryName = string | Buffer;

/** Runs `action`, whose errors name a path below /proc, and lets them name `path`. */
export function named<Result>(path: string, action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined || !(error instanceof Error) || !('syscall' in error)) throw error;
    const failure = error as NodeJS.ErrnoException;
    const reason = /^\w+: ([^,]+)/.exec(failure.message)?.[1] ?? 'failed';
    throw Object.assign(new Error(`${errno}: ${reason}, ${failure.syscall} '${path}'`, { cause: error }), {
      code: errno,
      errno: failure.errno,
      syscall: failure.syscall,
      path,
    });
  }
}

/** An inode, and a descriptor that names it without having it open. */
export interface Located {
  readonly descriptor: number;
  readonly stats: Stats;
}

/** @param flags O_NOFOLLOW, or 0 to follow links. The caller closes the descriptor. @throws the system's error */
export function locate(path: string | Buffer, flags: number): Located {
  const descriptor = openSync(path, pathOnly | flags);
  try {
    return { descriptor, stats: fstatSync(descriptor) };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

export class HeldDirectory {
  readonly descriptor: number;
  /** Where it was when it was opened, without links: for messages and comparisons, not for use. */
  readonly path: string;

  constructor(descriptor: number, path: string) {
    this.descriptor = descriptor;
    this.path = path;
  }

  /** A path to an entry, for any call of node:fs that does not follow a link at its end. */
  at(name: string): string;
  at(name: EntryName): string | Buffer;
  at(name: EntryName): string | Buffer {
    const own = `/proc/self/fd/${this.descriptor}/`;
    return typeof name === 'string' ? own + name : Buffer.concat([Buffer.from(own), name]);
  }

  /** The path of an entry for messages. */
  pathOf(name: EntryName): string {
    // a join would look at all of it again
    return this.path === '/' ? `/${name}` : `${this.path}/${name}`;
  }

  /** Names an entry, whatever it is, links not followed. The caller closes the descriptor. @throws ENOENT */
  locate(name: EntryName): Located {
    return named(this.pathOf(name), () => locate(this.at(name), constants.O_NOFOLLOW));
  }

  /** Opens a directory in this one. @throws CONFIG_INVALID for a link; ENOENT, ENOTDIR */
  enter(name: EntryName): HeldDirectory {
    const { descriptor, stats } = this.locate(name);
    if (stats.isDirectory()) return new HeldDirectory(descriptor, this.pathOf(name));
    closeSync(descriptor);
    if (stats.isSymbolicLink()) throw linkRefused(this.pathOf(name), stats.uid);
    throw notDirectory(this.pathOf(name));
  }

  /** The kernel's number of the mount that this directory is on: a bind mount has the device of what it shows. */
  mountId(): string {
    const text = readFileSync(`/proc/self/fdinfo/${this.descriptor}`, 'utf8');
    return /^mnt_id:\s*(\d+)$/m.exec(text)?.[1] ?? '';
  }

  /** Makes what this directory lists durable. File systems that can't sync a directory are left alone. */
  sync(): void {
    named(this.path, () => {
      const descriptor = openSync(`/proc/self/fd/${this.descriptor}`, constants.O_RDONLY);
      try {
        fsyncSync(descriptor);
      } catch (error) {
        if (errnoOf(error) !== 'EINVAL') throw error;
      } finally {
        closeSync(descriptor);
      }
    });
  }

  close(): void {
    closeSync(this.descriptor);
  }
}

export function notDirectory(path: string): NodeJS.ErrnoException {
  const error: NodeJS.ErrnoException = new Error(`ENOTDIR: not a directory, open '${path}'`);
  return Object.assign(error, { code: 'ENOTDIR', syscall: 'open', path });
}
