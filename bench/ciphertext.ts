/** Files as a vault's ciphertext has them, written past the engine: it is their number that is measured. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Amount {
  readonly files: number;
  readonly directories: number;
  readonly size: number;
}

export function fillCiphertext(encryptedDir: string, { files, directories, size }: Amount): void {
  for (let number = 0; number < files; number += 1) {
    const directory = join(encryptedDir, `directory-${number % directories}`);
    if (number < directories) {
      mkdirSync(directory, { mode: 0o700, recursive: true });
      writeFileSync(join(directory, 'gocryptfs.diriv'), randomBytes(16), { mode: 0o400 });
    }
    writeFileSync(fileAt(encryptedDir, number, directories), randomBytes(size), { mode: 0o600 });
  }
}

/** Where a file lies, by its number. */
export function fileAt(encryptedDir: string, number: number, directories: number): string {
  return join(encryptedDir, `directory-${number % directories}`, `file-${String(number).padStart(8, '0')}`);
}
