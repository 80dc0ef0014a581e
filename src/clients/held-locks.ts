/** Which locks are held at the moment, asked of the kernel (proc(5), fdinfo): that a lock file lies there says nothing. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { type ProfileLayout, vaultLock } from './layout.ts';
import type { Profile } from './profile.ts';

/** The files that some process holds a lock on, with its pid; other users' only as root. */
export function readHeldLocks(): ReadonlyMap<string, number> {
  const held = new Map<string, number>();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    for (const path of lockedBy(pid)) held.set(path, Number(pid));
  }
  return held;
}

function lockedBy(pid: string): string[] {
  const descriptors = orNothing(() => readdirSync(`/proc/${pid}/fd`)) ?? [];
  return descriptors.flatMap((descriptor) => {
    const path = orNothing(() => readlinkSync(`/proc/${pid}/fd/${descriptor}`));
    if (path?.endsWith('.lock') !== true) return [];
    const info = orNothing(() => readFileSync(`/proc/${pid}/fdinfo/${descriptor}`, 'utf8')) ?? '';
    return /^lock:.*FLOCK/m.test(info) ? [path] : [];
  });
}

/** A process may have ended in the meantime, closed the file, or belong to somebody else. */
function orNothing<Result>(read: () => Result): Result | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** The locks that syncs of a profile hold: of its vault, or of each directory that it syncs. */
export function syncLocks(layout: ProfileLayout, { mappings }: Profile, encryptedDir: string): string[] {
  const sources = (mappings ?? [{ source: undefined }]).map(({ source }) => source ?? encryptedDir);
  return sources.map((source) => vaultLock(layout, source));
}
