/** The helper scripts of a profile and their links on PATH. A script is one call of cryptosync. */
import { lstatSync, readlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { CryptosyncError } from '../system/errors.ts';
import {
  ensureDirectory,
  isDirectory,
  kindOf,
  readTextIfPresent,
  replaceLink,
  writeFileAtomic,
} from '../system/files.ts';
import { removeFile } from '../system/paths/removal.ts';
import { parseStoredJson } from '../system/paths/stored-json.ts';
import { verifyTrusted } from '../system/paths/trust.ts';
import { directoryMode, type ProfileLayout, type ScriptAction, scriptActions, scriptMode } from './layout.ts';

/** Which program a script runs: this very node and this very cryptosync, because cron's PATH has neither. */
export interface Program {
  readonly node: string;
  readonly script: string;
}

/** Which version a program is, by the package.json that comes with it; undefined where that can't be told. */
function versionOf({ script }: Program): string | undefined {
  try {
    const text = readTextIfPresent(resolve(script, '../../package.json')) ?? '';
    const { version } = parseStoredJson(text) as { readonly version?: unknown };
    return typeof version === 'string' && /^\d[\w.+~-]{0,99}$/.test(version) ? version : undefined;
  } catch {
    // none of ours stands there, or nothing that can be read
    return undefined;
  }
}

/** What to say of a program that is an older version than this one; nothing where either can't be told. */
export function olderVersion(program: Program, own: Program): string | undefined {
  if (program.script === own.script) return undefined;
  const [version, ownVersion] = [versionOf(program), versionOf(own)];
  if (version === undefined || ownVersion === undefined) return undefined;
  if (version.localeCompare(ownVersion, 'en', { numeric: true }) >= 0) return undefined;
  return `cryptosync ${version} at ${resolve(program.script, '../..')}, and this is ${ownVersion}`;
}

function quote(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

export function scriptText(
  action: ScriptAction,
  layout: ProfileLayout,
  root: string,
  program: Program,
): string {
  const words = [
    action,
    '--root',
    quote(root),
    '--client',
    quote(layout.client),
    '--profile',
    quote(layout.profile),
  ].join(' ');
  return `#!/bin/sh
# Made by cryptosync install; an install makes it anew.
node=${quote(program.node)}
program=${quote(program.script)}
if [ -x "$node" ] && [ -f "$program" ]; then
  exec "$node" "$program" ${words} "$@"
fi
exec cryptosync ${words} "$@"
`;
}

/** Writes the three scripts. @returns the paths of those that were new or different. */
export function writeScripts(layout: ProfileLayout, root: string, program: Program): string[] {
  ensureDirectory(layout.scriptsDirectory, directoryMode, layout.directory);
  // what stands in a directory that others can write is theirs a moment later
  verifyTrusted(layout.scriptsDirectory, layout.directory);
  const written: string[] = [];
  for (const action of scriptActions) {
    const path = layout.scripts[action];
    const text = scriptText(action, layout, root, program);
    if (readTextIfPresent(path) === text && (lstatSync(path).mode & 0o777) === scriptMode) continue;
    writeFileAtomic(path, text, scriptMode, layout.directory);
    written.push(path);
  }
  return written;
}

export type LinkState = 'absent' | 'right' | 'ours' | 'taken';

/** What stands where a link belongs: `ours` is a link to a place that is gone, or to another script of the tool. */
export function linkState(link: string, script: string): LinkState {
  const kind = kindOf(link);
  if (kind === 'none') return 'absent';
  if (kind !== 'link') return 'taken';
  const target = resolve(dirname(link), readlinkSync(link));
  if (target === script) return 'right';
  const belongsToTool = /\/cryptosync\/scripts\/(mount|unmount|sync)_[^/]+\.sh$/.test(target);
  return belongsToTool || kindOf(target) === 'none' ? 'ours' : 'taken';
}

/** The links of a profile in a directory. */
export function linkPaths(layout: ProfileLayout, binDirectory: string): Record<ScriptAction, string> {
  return {
    mount: join(binDirectory, layout.linkNames.mount),
    unmount: join(binDirectory, layout.linkNames.unmount),
    sync: join(binDirectory, layout.linkNames.sync),
  };
}

/** @throws CONFIG_INVALID when something of somebody else's stands where a link belongs. */
export function verifyLinksFree(layout: ProfileLayout, binDirectory: string): void {
  if (kindOf(binDirectory) !== 'none' && !isDirectory(binDirectory)) {
    throw new CryptosyncError(
      'CONFIG_INVALID',
      `${binDirectory} is not a directory, so no links can stand in it`,
      {
        advice: { to: 'choose-link-directory' },
      },
    );
  }
  const links = linkPaths(layout, binDirectory);
  for (const action of scriptActions) {
    if (linkState(links[action], layout.scripts[action]) !== 'taken') continue;
    throw new CryptosyncError('CONFIG_INVALID', `${links[action]} exists and is not a link of cryptosync`, {
      advice: { to: 'move-link-away' },
    });
  }
}

/** Makes the links. @returns those that were new or different. */
export function writeLinks(layout: ProfileLayout, binDirectory: string): string[] {
  verifyLinksFree(layout, binDirectory);
  ensureDirectory(binDirectory, 0o755);
  const links = linkPaths(layout, binDirectory);
  const written: string[] = [];
  for (const action of scriptActions) {
    if (linkState(links[action], layout.scripts[action]) === 'right') continue;
    replaceLink(links[action], layout.scripts[action]);
    written.push(links[action]);
  }
  return written;
}

/** Removes a link if it is still the script's. */
export function removeLink(link: string, script: string): boolean {
  if (linkState(link, script) !== 'right') return false;
  removeFile(link);
  return true;
}

/** Where links go unless told otherwise: where root's PATH, or the user's, has them. Undefined without a HOME. */
export function defaultBinDirectory(environment: NodeJS.ProcessEnv, userId: number): string | undefined {
  if (userId === 0) return '/usr/local/bin';
  return environment['HOME'] ? join(environment['HOME'], '.local', 'bin') : undefined;
}
