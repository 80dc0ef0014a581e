/**
 * When each file of a place was last read and found whole: so a check that was cut off goes on, and samples come round to
 * everything in time. A line a file, appended while it goes on; a file of ours that can't be read says nothing.
 */

import { closeSync, writeSync } from 'node:fs';
import { openForAppending, readTextIfPresent, writeFileAtomic } from '../../system/files.ts';
import { parseStoredJson } from '../../system/paths/stored-json.ts';

/** What was read, and when. */
interface Sound {
  /** SHA-256, hexadecimal. */
  readonly hash: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export interface Journal {
  /** When a file with this content was last read whole; 0 when it never was. */
  readAt(path: string, hash: string): number;
  /** When the whole pass that has not ended began; undefined when none is under way. */
  readonly passBegan: number | undefined;
  beginPass(at: number): void;
  note(path: string, hash: string, at: number): void;
  /** @param isWhole all of it was read. @param paths what the place holds: nothing else is remembered */
  end(isWhole: boolean, paths: ReadonlySet<string>): void;
  close(): void;
}

/** Milliseconds after which a pass that was cut off is begun anew. */
const stalePass = 14 * 86_400_000;

export function openJournal(file: string, now: number): Journal {
  const { known, began } = read(file);
  let passBegan = began !== undefined && now - began < stalePass ? began : undefined;
  const descriptor = openForAppending(file, 0o600);
  const append = (line: object): void => void writeSync(descriptor, `${JSON.stringify(line)}\n`);
  return {
    readAt(path, hash) {
      const sound = known.get(path);
      return sound?.hash === hash ? sound.at : 0;
    },
    get passBegan() {
      return passBegan;
    },
    beginPass(at) {
      passBegan = at;
      append({ pass: at });
    },
    note(path, hash, at) {
      known.set(path, { hash, at });
      append({ path, hash, at });
    },
    end(isWhole, paths) {
      if (isWhole) passBegan = undefined;
      const lines = [...known]
        .filter(([path]) => paths.has(path))
        .map(([path, sound]) => JSON.stringify({ path, ...sound }));
      const pass = passBegan === undefined ? [] : [JSON.stringify({ pass: passBegan })];
      writeFileAtomic(file, `${[...pass, ...lines].join('\n')}\n`, 0o600);
    },
    close: () => closeSync(descriptor),
  };
}

function read(file: string): { readonly known: Map<string, Sound>; readonly began: number | undefined } {
  const known = new Map<string, Sound>();
  let began: number | undefined;
  for (const line of (readTextIfPresent(file) ?? '').split('\n')) {
    try {
      const { path, hash, at, pass } = Object(parseStoredJson(line));
      if (typeof pass === 'number') began = pass;
      else if (typeof path === 'string' && typeof hash === 'string' && typeof at === 'number')
        known.set(path, { hash, at });
    } catch {
      // torn when a run was killed
    }
  }
  return { known, began };
}
