/** Naming files to rclone. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Runs something with a file that names paths, for rclone's `--files-from-raw`. */
export async function withFileList<Result>(
  paths: readonly string[],
  action: (list: string) => Promise<Result>,
): Promise<Result> {
  const directory = mkdtempSync(join(tmpdir(), 'cryptosync-list-'));
  try {
    const list = join(directory, 'files');
    writeFileSync(list, `${paths.join('\n')}\n`, { mode: 0o600 });
    return await action(list);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
