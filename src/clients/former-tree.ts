/**
 * Trees made by the former shell scripts: `cryptosync/config/cryptosync.<profile>.conf`, KEY=VALUE lines. They are
 * parsed as data and never sourced; what they say becomes a profile, and they stay as they are.
 */
import { statSync } from 'node:fs';
import { isAbsolute, join, relative } from 'node:path';
import { CryptosyncError } from '../system/errors.ts';
import { namesIn, readTextIfPresent } from '../system/files.ts';
import { defaultEngine, type EngineName, engineNames } from '../vaults/engines/engine.ts';
import type { ClientLayout, ProfileLayout } from './layout.ts';
import { clientLayout } from './layout.ts';
import { type ClientId, isProfileName, type ProfileName } from './names.ts';

export interface FormerProfile {
  readonly file: string;
  readonly engine: EngineName;
  readonly encryptedDir: string | undefined;
  readonly mountDir: string | undefined;
  readonly remoteName: string | undefined;
  readonly remotePath: string | undefined;
  readonly createdAt: string | undefined;
  /** Keys that mean nothing to this tool. They stay in the file. */
  readonly unknownKeys: readonly string[];
}

const knownKeys = new Set([
  'ENCRYPTED_DIR',
  'MOUNT_DIR',
  'REMOTE_NAME',
  'REMOTE_PATH',
  'FILESYSTEM_TYPE',
  'CREATED_DATE',
  'CLIENT_ID',
  'CONFIG_NAME',
]);

/**
 * KEY=VALUE lines as data: comments, `export`, and values in a shell's quotes. One without quotes is taken as it
 * stands, with its spaces, because that is how the scripts wrote them.
 */
export function parseAssignments(text: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const line of text.split(/\r\n?|\n/)) {
    const match = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(line);
    if (match === null) continue;
    const raw = (match[2] ?? '').trim();
    values.set(match[1] ?? '', /^["']/.test(raw) ? unquoted(raw) : raw);
  }
  return values;
}

/** A word of a shell: parts in single quotes, in double quotes with their escapes, and without; then a comment at most. */
const shellWord = /^((?:'[^']*'|"(?:[^"\\]|\\.)*"|[^\s'"\\]|\\.)+)\s*(?:#.*)?$/;

function unquoted(raw: string): string {
  const word = shellWord.exec(raw)?.[1];
  if (word === undefined) return raw;
  return word.replace(
    /'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)/g,
    (_all, single?: string, double?: string, escaped?: string) =>
      single ?? double?.replace(/\\([$`"\\])/g, '$1') ?? escaped ?? '',
  );
}

function formerFile(layout: ProfileLayout): string {
  return join(layout.configDirectory, `cryptosync.${layout.profile}.conf`);
}

/** What an older tree says of a profile, or undefined. @throws CONFIG_INVALID for what can't be taken over */
export function readFormerProfile(layout: ProfileLayout): FormerProfile | undefined {
  const file = formerFile(layout);
  const text = readTextIfPresent(file);
  if (text === undefined) return undefined;
  const values = parseAssignments(text);
  const type = values.get('FILESYSTEM_TYPE') ?? defaultEngine;
  const engine = engineNames.find((name) => name === type);
  if (engine === undefined) {
    throw new CryptosyncError('CONFIG_INVALID', `${file} names the file system ${JSON.stringify(type)}`, {
      advice: { to: 'choose-engine', known: engineNames },
    });
  }
  const path = (key: string): string | undefined => {
    const value = values.get(key) || undefined;
    if (value === undefined || isAbsolute(value)) return value;
    throw new CryptosyncError('CONFIG_INVALID', `${key} in ${file} is not an absolute path: ${value}`, {
      advice: { to: 'write-whole-path' },
    });
  };
  return {
    file,
    engine,
    encryptedDir: path('ENCRYPTED_DIR'),
    mountDir: path('MOUNT_DIR'),
    remoteName: values.get('REMOTE_NAME') || undefined,
    remotePath: values.get('REMOTE_PATH') || undefined,
    createdAt: isoDate(values.get('CREATED_DATE')),
    unknownKeys: [...values.keys()].filter((key) => !knownKeys.has(key)),
  };
}

/** The scripts wrote whatever `date` printed; what no clock can read is left out. */
function isoDate(text: string | undefined): string | undefined {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? undefined : `${new Date(time).toISOString().slice(0, 19)}Z`;
}

/** The profiles of an older tree that have no profile of this tool's yet. */
export function listFormerProfiles(root: string, client: ClientId): ProfileName[] {
  return formerProfilesAmong(namesIn(clientLayout(root, client).configDirectory));
}

/** @param names from `configFiles` */
export function formerProfilesAmong(names: readonly string[]): ProfileName[] {
  return names.flatMap((name) => {
    const profile = /^cryptosync\.(.+)\.conf$/.exec(name)?.[1];
    return profile !== undefined && isProfileName(profile) && !names.includes(`${profile}.json`)
      ? [profile]
      : [];
  });
}

const passwordName = /pass(word|wd|phrase)?|\.pw$|secret/i;
const notPasswords = /\.(sh|json|md)$|^cryptosync\..*\.conf$/;

/** Files of a client that look like a password in the clear, relative to its directory; the vault is not looked into. */
export function findPasswordFiles(layout: ClientLayout): string[] {
  const found: string[] = [];
  for (const directory of [
    layout.directory,
    layout.toolDirectory,
    layout.configDirectory,
    layout.scriptsDirectory,
  ]) {
    for (const name of namesIn(directory)) {
      const path = join(directory, name);
      if (!passwordName.test(name) || notPasswords.test(name)) continue;
      if (statSync(path, { throwIfNoEntry: false })?.isFile()) found.push(relative(layout.directory, path));
    }
  }
  return found;
}
