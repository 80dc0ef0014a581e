/**
 * What files of ciphertext are called in the mounted vault, for an engine that gives both the same inode number. Each
 * directory on the way is looked through once, by a child.
 */
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { minimalEnvironment } from '../../system/environment.ts';
import { isAbsence } from '../../system/files.ts';
import { systemPath } from '../../system/names.ts';
import { run } from '../../system/process.ts';
import type { Vault } from '../vault.ts';

/** Milliseconds for one directory. */
const deadline = 30_000;

/**
 * @param paths of ciphertext, below the encrypted directory.
 * @returns by path: the name in the mount; what has none, or none any more, is left out
 */
export async function plainNamesOf(
  { engine, encryptedDir, mountDir }: Pick<Vault, 'engine' | 'encryptedDir' | 'mountDir'>,
  paths: readonly string[],
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  if (!engine.keepsInodes) return found;
  const directories = new Map<string, Promise<ReadonlyMap<string, string>>>();
  const namesIn = (directory: string): Promise<ReadonlyMap<string, string>> => {
    const asked = directories.get(directory) ?? namesByInode(join(mountDir, directory));
    directories.set(directory, asked);
    return asked;
  };
  for (const path of paths) {
    let plain = '';
    let cipher = '';
    for (const name of path.split('/')) {
      cipher = cipher === '' ? name : `${cipher}/${name}`;
      const inode = inodeOf(join(encryptedDir, cipher));
      const own = inode === undefined ? undefined : (await namesIn(plain)).get(inode);
      if (own === undefined) {
        plain = '';
        break;
      }
      plain = plain === '' ? own : `${plain}/${own}`;
    }
    if (plain !== '') found.set(path, plain);
  }
  return found;
}

function inodeOf(path: string): string | undefined {
  try {
    return String(lstatSync(systemPath(path), { bigint: true }).ino);
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

async function namesByInode(directory: string): Promise<ReadonlyMap<string, string>> {
  const { stdout } = await run({
    file: 'find',
    args: [directory, '-maxdepth', '1', '-mindepth', '1', '-printf', '%i %f\\0'],
    environment: { ...minimalEnvironment(process.env), LC_ALL: 'C' },
    deadline,
  });
  const entries = stdout.split('\0').flatMap((text): [string, string][] => {
    const space = text.indexOf(' ');
    return space < 0 ? [] : [[text.slice(0, space), text.slice(space + 1)]];
  });
  return new Map(entries);
}
