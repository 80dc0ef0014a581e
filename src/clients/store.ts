/** Configurations on disk, profiles and settings alike: files of JSON that `conf` writes, atomically. */
import { lstatSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { changeMode, syncDirectory } from '../system/files.ts';
import { verifyTrusted } from '../system/paths/trust.ts';

export interface StoredFile {
  readonly file: string;
  /** A directory above it, below which no link is followed; default: the one that holds it. */
  readonly base?: string | undefined;
  /** Of a new file. */
  readonly mode: number;
  /** A file that is there keeps the mode that its operator gave it. */
  readonly keepsMode: boolean;
}

/** Writes a whole configuration; its directory is there. What stood there is judged by who reads, not here. */
export async function writeStored<Config extends object>(
  { file, base, mode, keepsMode }: StoredFile,
  config: Config,
): Promise<void> {
  // conf would write through a link
  verifyTrusted(file, base);
  const before = keepsMode ? lstatSync(file, { throwIfNoEntry: false }) : undefined;
  const wanted = before === undefined ? mode : before.mode & 0o777;
  const { default: Conf } = await import('conf');
  const store = new Conf<Config>({
    cwd: dirname(file),
    configName: basename(file),
    fileExtension: '',
    configFileMode: wanted | 0o600,
    projectSuffix: '',
    projectName: 'cryptosync',
    serialize: (value) => `${JSON.stringify(value, undefined, 2)}\n`,
    // a broken file is told by those who read it before this, and replaced only by those who asked for it
    clearInvalidConfig: true,
  });
  store.store = config;
  changeMode(file, wanted, base);
  syncDirectory(dirname(file));
}
