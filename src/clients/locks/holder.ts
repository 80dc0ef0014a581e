/** Who holds a lock, or held it last, as its file says. */
import { fstatSync, ftruncateSync, writeSync } from 'node:fs';
import { type Clock, toIsoSeconds } from '../../system/clock.ts';
import { readTextIfPresent } from '../../system/files.ts';
import { parseStoredJson } from '../../system/paths/stored-json.ts';

export interface LockHolder {
  readonly pid?: number;
  readonly purpose?: string;
  readonly since?: string;
}

/** Bytes that a note is filled up to: the next one is as long, and goes over it without a file system's making room. */
const usualLength = 128;

/** Writes into the file of a lock that this process has it. */
export function describeHolder(descriptor: number, purpose: string, clock: Clock): void {
  const holder = JSON.stringify({ pid: process.pid, purpose, since: toIsoSeconds(clock.now()) });
  const note = Buffer.from(`${holder.padEnd(usualLength - 1)}\n`);
  writeSync(descriptor, note, 0, note.length, 0);
  if (fstatSync(descriptor).size !== note.length) ftruncateSync(descriptor, note.length);
}

/** What the file of a lock says of its holder; nothing where it says nothing that can be understood. */
export function readLockHolder(path: string): LockHolder {
  try {
    const { pid, purpose, since } = Object(parseStoredJson(readTextIfPresent(path) ?? 'null'));
    return {
      ...(Number.isSafeInteger(pid) && pid > 0 && { pid }),
      ...(isShort(purpose) && { purpose }),
      ...(isShort(since) && { since }),
    };
  } catch {
    return {}; // the holder has not written its name yet, or it is no file
  }
}

function isShort(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 100;
}
