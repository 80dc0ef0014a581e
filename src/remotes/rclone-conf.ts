/**
 * Reading rclone.conf: which remotes there are, and of what type. Writing it is rclone's own business (R15).
 * The format is INI: `[name]`, then `key = value` (rclone.org/docs, "Configuration").
 */
import { chmodSync, statSync } from 'node:fs';
import { CryptosyncError } from '../system/errors.ts';
import { readTextIfPresent } from '../system/files.ts';

export interface RcloneConf {
  /** Encrypted with RCLONE_CONFIG_PASS: what is in it can't be told without rclone. */
  readonly encrypted: boolean;
  /** Each remote's settings by key, secrets included: not for printing. */
  readonly remotes: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

/**
 * @param file named in the error.
 * @throws CONFIG_INVALID for a line that rclone would refuse, and with it the whole file. The line may hold a secret,
 * so only its number is told.
 */
export function parseRcloneConf(text: string, file = 'rclone.conf'): RcloneConf {
  const remotes = new Map<string, Map<string, string>>();
  if (/^RCLONE_ENCRYPT_V\d+:/m.test(text)) return { encrypted: true, remotes };
  let current: Map<string, string> | undefined;
  for (const [index, raw] of text
    .replace(/^\ufeff/, '')
    .split('\n')
    .entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
    const section = /^\[(.+)\]$/.exec(line)?.[1];
    if (section !== undefined) {
      current = remotes.get(section) ?? new Map();
      remotes.set(section, current);
      continue;
    }
    const separator = line.search(/[=:]/);
    if (separator <= 0 || line.startsWith('[')) throw brokenLine(file, index + 1);
    current?.set(line.slice(0, separator).trim(), line.slice(separator + 1).trim());
  }
  return { encrypted: false, remotes };
}

function brokenLine(file: string, line: number): CryptosyncError {
  return new CryptosyncError(
    'CONFIG_INVALID',
    `${file} is broken: line ${line} is no [remote] and no key = value`,
    {
      hint: 'Mend that line in an editor, or move the file away and set the remotes up again.',
      details: { file, line },
    },
  );
}

/** @throws CONFIG_INVALID when it is broken. */
export function readRcloneConf(path: string): RcloneConf {
  return parseRcloneConf(readTextIfPresent(path) ?? '', path);
}

/** The backend of a remote, or undefined when the file does not have it or is encrypted. */
export function remoteType(conf: RcloneConf, name: string): string | undefined {
  return conf.remotes.get(name)?.get('type');
}

/** rclone rewrites the file with a mode of its own (R16). */
export function restoreConfMode(path: string): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats !== undefined && (stats.mode & 0o777) !== 0o600) chmodSync(path, 0o600);
}
