/**
 * Reading rclone.conf: which remotes there are, and of what type. Writing it is rclone's own business (R15).
 * The format is INI: `[name]`, then `key = value` (rclone.org/docs, "Configuration").
 */
import { lstatSync } from 'node:fs';
import { shortDigest } from '../../system/digest.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { changeMode } from '../../system/files.ts';
import { readTrustedText } from '../../system/paths/trust.ts';
import type { TrustedTree } from '../../system/paths/trusted-tree.ts';

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
      advice: { to: 'mend-conf-line' },
      details: { file, line },
    },
  );
}

/**
 * @param base a directory above it, below which no link is followed; default: the one that holds it
 * @param from the base or a directory above it, from `trustedTree`
 * @throws CONFIG_INVALID when it is broken, or somebody else could have written it.
 */
export function readRcloneConf(path: string, base?: string, from?: TrustedTree): RcloneConf {
  return parseRcloneConf(readTrustedText(path, base, from) ?? '', path);
}

/** The backend of a remote, or undefined when the file does not have it or is encrypted. */
export function remoteType(conf: RcloneConf, name: string): string | undefined {
  return conf.remotes.get(name)?.get('type');
}

/** The settings that say where a remote is; others say who we are there, or how it is talked to. */
export const whereabouts: readonly string[] = [
  'account',
  'drive_id',
  'endpoint',
  'host',
  'namespace',
  'port',
  'remote',
  'root_folder_id',
  'share',
  'team_drive',
  'upstreams',
  'url',
  'user',
];

/**
 * What stands behind a remote's name, as one short word that a record can be compared by: its backend and a digest of
 * where that is, through remotes that lie over others. Undefined when the file does not have it or is encrypted.
 */
export function backendBehind(conf: RcloneConf, name: string): string | undefined {
  const type = remoteType(conf, name);
  if (type === undefined) return undefined;
  const settings = settingsBehind(conf, name, new Set());
  if (settings.length === 0) return type;
  return `${type}-${shortDigest(JSON.stringify(settings), 12)}`;
}

function settingsBehind(conf: RcloneConf, remote: string, seen: Set<string>): string[] {
  const settings = conf.remotes.get(remote);
  if (settings === undefined || seen.has(remote)) return [];
  seen.add(remote);
  const own = whereabouts.flatMap((key) => (settings.has(key) ? [`${key}=${settings.get(key)}`] : []));
  const below = `${settings.get('remote') ?? ''} ${settings.get('upstreams') ?? ''}`.split(/\s+/);
  const under = below.flatMap((place) => {
    const name = place.slice(0, Math.max(0, place.indexOf(':')));
    const type = remoteType(conf, name);
    return type === undefined ? [] : [`type=${type}`, ...settingsBehind(conf, name, seen)];
  });
  return [...own, ...under];
}

/**
 * The programs that remotes let rclone run, as the file has them: sftp's `ssh`, webdav's `bearer_token_command` and
 * their like (rclone.org/sftp, rclone.org/webdav). None can be told of an encrypted file.
 */
export function commandsIn({ remotes }: RcloneConf): string[] {
  return [...remotes].flatMap(([remote, settings]) =>
    [...settings].flatMap(([key, value]) =>
      value !== '' && (key === 'ssh' || key.endsWith('command')) ? [`${remote}: ${key} = ${value}`] : [],
    ),
  );
}

/** Of an rclone.conf: it holds credentials. */
export const confMode = 0o600;

/** rclone rewrites the file with a mode of its own (R16). */
export function restoreConfMode(path: string): void {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats !== undefined && (stats.mode & 0o777) !== confMode) changeMode(path, confMode);
}
