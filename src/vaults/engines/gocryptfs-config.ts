/**
 * What tells a gocryptfs vault from every other without its password: gocryptfs.conf, and the root's gocryptfs.diriv
 * where names are encrypted with one (gocryptfs(1), "Files"; hazards.md G17, G18, G20).
 */
import { basename } from 'node:path';
import { ancestorsOf } from '../../system/names.ts';
import { parseStoredJson } from '../../system/paths/stored-json.ts';
import type { FileReader, IdentityLook } from './engine.ts';

export const configFile = 'gocryptfs.conf';
/** In every directory: what the names in it are encrypted with. */
const directoryKey = 'gocryptfs.diriv';
/** Beside a file of such a name lies its whole name, in a file with `.name` behind. */
const longName = /^gocryptfs\.longname\.[^.]+$/;
const directoryKeyLength = 16;

export const ownFiles: readonly string[] = [configFile, directoryKey];

/** The flags of a gocryptfs.conf, or what is wrong with it. */
type Parsed = { readonly flags: readonly string[] } | { readonly torn: string };

/** As gocryptfs itself reads its configuration: Go takes a key in any case for the same key. */
const knownKeys = [
  'Creator',
  'EncryptedKey',
  'ScryptObject',
  'Version',
  'FeatureFlags',
  'FIDO2',
  'LongNameMax',
];
const folded = (key: string): string => key.toUpperCase().toLowerCase();
const byFoldedKey = new Map(knownKeys.map((key) => [folded(key), key]));

function parseConfig(content: Buffer | undefined): Parsed {
  if (content === undefined) return { torn: 'is missing' };
  if (content.length === 0) return { torn: 'is empty' };
  let value: unknown;
  try {
    value = parseStoredJson(content.toString('utf8'));
  } catch {
    return { torn: 'is cut short or damaged' };
  }
  if (typeof value !== 'object' || value === null) return { torn: 'is no configuration' };
  const config = value as Readonly<Record<string, unknown>>;
  // two spellings of one key are read in one way here and in another there
  const strange = Object.keys(config).find((key) => (byFoldedKey.get(folded(key)) ?? key) !== key);
  if (strange !== undefined) return { torn: `holds the strange key ${JSON.stringify(strange)}` };
  if (typeof config['Version'] !== 'number') return { torn: 'names no version' };
  if (bytesIn(config['EncryptedKey']) < 32) return { torn: 'holds no encrypted key' };
  if (!isScrypt(config['ScryptObject'])) return { torn: 'holds no usable scrypt parameters' };
  const flags = config['FeatureFlags'] ?? [];
  if (!Array.isArray(flags) || !flags.every((flag) => typeof flag === 'string')) {
    return { torn: 'holds no list of feature flags' };
  }
  return { flags: [...new Set(flags as string[])].sort() };
}

export function isWholeConfiguration(content: Uint8Array): boolean {
  return !('torn' in parseConfig(Buffer.from(content)));
}

function bytesIn(base64: unknown): number {
  return typeof base64 === 'string' ? Buffer.from(base64, 'base64').length : 0;
}

/** The least that gocryptfs itself takes (its configfile/scrypt.go). */
function isScrypt(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { N, R, P, KeyLen, Salt } = value as Readonly<Record<string, unknown>>;
  const atLeast = (number: unknown, least: number): boolean =>
    typeof number === 'number' && Number.isInteger(number) && number >= least;
  return atLeast(N, 1024) && atLeast(R, 8) && atLeast(P, 1) && atLeast(KeyLen, 32) && bytesIn(Salt) >= 32;
}

export function lookAtIdentity(read: FileReader): IdentityLook {
  const content = read(configFile);
  const config = parseConfig(content);
  const files = new Map([[configFile, content]]);
  if ('torn' in config) {
    files.set(directoryKey, read(directoryKey));
    return { files, torn: `${configFile} ${config.torn}`, madeWith: undefined };
  }
  const { flags } = config;
  if (!flags.includes('DirIV')) return { files, torn: undefined, madeWith: flags };
  const key = read(directoryKey);
  files.set(directoryKey, key);
  return { files, torn: directoryKeyTear(key), madeWith: flags };
}

function directoryKeyTear(key: Buffer | undefined): string | undefined {
  if (key === undefined) return `${directoryKey} is missing`;
  if (key.length === 0) return `${directoryKey} is empty`;
  return key.length === directoryKeyLength ? undefined : `${directoryKey} is cut short or damaged`;
}

export function weaknessesOf(madeWith: readonly string[]): string[] {
  return madeWith.includes('PlaintextNames') ? ['the names of its files are not encrypted'] : [];
}

/** The files without which gocryptfs can't read one. */
export function companionsOf(path: string): string[] {
  const above = ancestorsOf(path);
  return [
    directoryKey,
    ...above.map((directory) => `${directory}/${directoryKey}`),
    ...[path, ...above].filter((name) => longName.test(basename(name))).map((name) => `${name}.name`),
  ];
}

export function isDirectoryKey(path: string): boolean {
  return basename(path) === directoryKey;
}
