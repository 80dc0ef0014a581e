/**
 * CryFS's ciphertext: blocks of one size, named by 32 hexadecimal digits and kept as `<first 3>/<other 29>`. The
 * blocks of a vault are all equally long, so a shorter one was not written to its end.
 */
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { namesIn } from '../../system/files.ts';

const prefixName = /^[0-9A-F]{3}$/;
const blockName = /^[0-9A-F]{29}$/;

function blocksIn(encryptedDir: string, prefix: string): string[] {
  return namesIn(join(encryptedDir, prefix)).filter((name) => blockName.test(name));
}

/** True when there are more blocks than the root directory's. `names` is the top level. */
export function hasSeveralBlocks(encryptedDir: string, names: readonly string[]): boolean {
  let blocks = 0;
  for (const prefix of names) {
    if (prefixName.test(prefix)) blocks += blocksIn(encryptedDir, prefix).length;
    if (blocks > 1) return true;
  }
  return false;
}

/** The blocks that are empty or shorter than the others, as relative paths; about 4 s for a million. */
export function findTornBlocks(encryptedDir: string): string[] {
  let longest = 1;
  const shorter: { path: string; size: number }[] = [];
  for (const prefix of namesIn(encryptedDir).filter((name) => prefixName.test(name))) {
    for (const name of blocksIn(encryptedDir, prefix)) {
      const path = join(prefix, name);
      const { size } = lstatSync(join(encryptedDir, path));
      if (size === longest) continue;
      shorter.push({ path, size });
      if (size > longest) longest = size;
    }
  }
  return shorter.filter(({ size }) => size < longest).map(({ path }) => path);
}
