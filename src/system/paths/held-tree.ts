/** The directories of a tree, held open while one path follows another in the same. */
import { mkdirSync } from 'node:fs';
import { errnoOf } from '../errors.ts';
import { systemPath } from '../names.ts';
import type { EntryName, HeldDirectory } from './held-directory.ts';
import { openDirectory } from './walk.ts';

const directoryMode = 0o700;
/** Descriptors that are kept at the most between two operations. */
const mostHeld = 256;

export class HeldTree {
  readonly #root: string;
  #held = new Map<string, HeldDirectory>();

  constructor(root: string) {
    this.#root = root;
  }

  /** The directory of an entry, and its name in it as the system takes it. */
  parentOf(path: string, make: boolean): readonly [HeldDirectory, EntryName] {
    const [above, name] = splitPath(path);
    return [this.enter(above, make), systemPath(name)];
  }

  /** A directory below the root, which stays open until `forget`. @throws CONFIG_INVALID for a link, ENOENT, ENOTDIR */
  enter(path: string, make: boolean): HeldDirectory {
    const known = this.#held.get(path);
    if (known !== undefined) return known;
    const directory = this.#open(path, make);
    this.#held.set(path, directory);
    return directory;
  }

  /** To be called where no operation is at work in one of them. */
  makeRoom(): void {
    if (this.#held.size > mostHeld) this.forget();
  }

  /** Closes all: after anything that may have put another directory at a path. */
  forget(): void {
    for (const directory of this.#held.values()) directory.close();
    this.#held = new Map();
  }

  #open(path: string, make: boolean): HeldDirectory {
    const options = { base: this.#root, ...(make && { make: directoryMode }) };
    if (path === '') return openDirectory(this.#root, options);
    const [parent, name] = this.parentOf(path, make);
    try {
      return parent.enter(name);
    } catch (error) {
      if (!make || errnoOf(error) !== 'ENOENT') throw error;
    }
    try {
      mkdirSync(parent.at(name), directoryMode);
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
    }
    return parent.enter(name);
  }
}

/** A relative path as its directory, the root being the empty string, and its name. */
export function splitPath(path: string): readonly [directory: string, name: string] {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? ['', path] : [path.slice(0, slash), path.slice(slash + 1)];
}
