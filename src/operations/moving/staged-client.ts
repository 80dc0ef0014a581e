/**
 * A client's tree made of what an archive was unpacked to. Nothing of that is believed: what is configuration is read,
 * judged and written anew; ciphertext is moved as it is; all else is left behind.
 */
import { chownSync, lstatSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import {
  type ClientLayout,
  clientLayout,
  directoryMode,
  fileMode,
  profileLayout,
} from '../../clients/layout.ts';
import type { ProfileName } from '../../clients/names.ts';
import { type Profile, parseProfile } from '../../clients/profile.ts';
import { writeProfile } from '../../clients/profile-store.ts';
import { type Program, writeScripts } from '../../clients/scripts.ts';
import { summarise, writeSummary } from '../../clients/summary.ts';
import { commandsIn, parseRcloneConf } from '../../remotes/configuration.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { changeMode, ensureDirectory, kindOf, namesIn, rename, writeFileAtomic } from '../../system/files.ts';
import { readTrustedText } from '../../system/paths/trust.ts';
import { verifyWay } from '../../system/paths/walk.ts';
import { readMountTable } from '../../vaults/mounts/mount-table.ts';
import type { Context } from '../context.ts';
import { type Adapted, adaptProfile, commandsOf, ownersOf, partBelow, usualPlace } from './adapt.ts';
import { isKeptState } from './export.ts';
import type { ExportManifest } from './manifest.ts';

/** Bytes of a file that is read: a profile or an rclone.conf of this size is none. */
const longestText = 4 * 1024 * 1024;

export interface Staged {
  /** The tree, to be renamed into its place. */
  readonly directory: string;
  readonly notes: readonly string[];
}

export interface StagingRequest {
  readonly manifest: ExportManifest;
  /** An empty directory; the archive was unpacked to `raw` in it. */
  readonly work: string;
  readonly program: Program;
  /** Whoever imports it means what it runs, and what it syncs elsewhere on this machine. */
  readonly acceptCommands: boolean;
  /** Links on PATH that will be made, for the summary. */
  readonly links: (name: ProfileName) => readonly string[];
}

/** @throws VERIFY_FAILED for what no export holds; CONFIG_INVALID for a profile or an rclone.conf that is broken */
export async function stageClient(context: Context, request: StagingRequest): Promise<Staged> {
  const { manifest, work, program } = request;
  const raw = rawClient(request);
  const final = clientLayout(context.root, raw.client);
  const staged = clientLayout(join(work, 'new'), raw.client);
  for (const path of [
    staged.vaultDirectory,
    staged.rcloneDirectory,
    staged.configDirectory,
    staged.scriptsDirectory,
    staged.locksDirectory,
  ])
    ensureDirectory(path, directoryMode, work);
  const conf = textOf(raw, raw.rcloneConfig);
  const profiles = readProfiles(raw, manifest);
  verifyCommands(manifest, [
    ...[...profiles.values()].flatMap(commandsOf),
    ...(conf === undefined ? [] : commandsIn(parseRcloneConf(conf))),
  ]);
  if (conf !== undefined) writeFileAtomic(staged.rcloneConfig, conf, fileMode, work);
  if (!request.acceptCommands) verifySources(manifest, profiles);
  const owners = ownersOf(profiles, manifest.directory);
  takeVaults(raw, staged, manifest.vaults);
  takeState(raw, staged);
  takeEngineFiles(raw, staged, manifest);
  const adapted = [...profiles].map(([name, profile]) => {
    const owner = owners.get(profile.encryptedDir) as ProfileName;
    return [name, adaptTo(context, final, manifest.directory, { name, profile, owner })] as const;
  });
  for (const [name, { profile }] of adapted) {
    const layout = profileLayout(join(work, 'new'), raw.client, name);
    await writeProfile(layout, profile);
    writeScripts(layout, context.root, program);
  }
  const summaries = adapted.map(([name, { profile }]) =>
    summarise(profileLayout(context.root, raw.client, name), profile, request.links(name)),
  );
  const [latest] = summaries;
  if (latest !== undefined) writeSummary(staged, context.version, latest, summaries);
  return {
    directory: staged.directory,
    notes: adapted.flatMap(([, { notes }]) => notes),
  };
}

/** The one directory that an export unpacks to. */
function rawClient({ manifest, work }: StagingRequest): ClientLayout {
  const raw = join(work, 'raw');
  const layout = clientLayout(raw, manifest.client);
  const strangers = [
    ...namesIn(raw).filter((name) => name !== manifest.client),
    ...namesIn(layout.directory).filter(
      (name) => !['RECOVERY.txt', 'cryptosync', 'rclone', 'vault'].includes(name),
    ),
  ];
  if (strangers.length > 0) throw strange(`it holds ${strangers.slice(0, 3).join(', ')}`);
  return layout;
}

function strange(what: string): CryptosyncError {
  return new CryptosyncError('VERIFY_FAILED', `the archive is not as this program makes it: ${what}`, {
    advice: { to: 'use-another-copy' },
  });
}

/** A small file that was unpacked; undefined when there is none. */
function textOf({ directory }: ClientLayout, path: string): string | undefined {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  if (!stats.isFile() || stats.nlink !== 1 || stats.size > longestText)
    throw strange(`${basename(path)} is no small file of its own`);
  return readTrustedText(path, directory);
}

function readProfiles(raw: ClientLayout, manifest: ExportManifest): Map<ProfileName, Profile> {
  const names = manifest.profiles;
  return new Map(
    names.map((name) => {
      const { profileFile } = profileLayout(join(raw.directory, '..'), raw.client, name);
      const text = textOf(raw, profileFile);
      if (text === undefined) throw strange(`it has no profile ${name}`);
      return [name, parseProfile(text, `the profile ${name} in it`)];
    }),
  );
}

/** What was shown before is all that there is. */
function verifyCommands({ commands }: ExportManifest, found: readonly string[]): void {
  const hidden = found.filter((command) => !commands.includes(command));
  if (hidden.length > 0) throw strange(`it would run ${hidden[0]}, and does not say so`);
}

/** To send a directory of this machine tells it to a stranger's remote, to fetch one lets that write it. */
function verifySources({ directory }: ExportManifest, profiles: ReadonlyMap<ProfileName, Profile>): void {
  const sources = [...profiles.values()].flatMap(({ mappings = [] }) => mappings.map(({ source }) => source));
  const outside = sources.filter((source) => source !== undefined && !isBelow(directory, source));
  if (outside.length === 0) return;
  throw new CryptosyncError(
    'CONFIG_INVALID',
    `what the archive brings syncs directories outside of the client's tree: ${outside.join(', ')}`,
    { advice: { to: 'accept-commands' }, details: { sources: outside } },
  );
}

/** By its text: `..` would lead out of it. */
const isBelow = (directory: string, path: string): boolean =>
  partBelow(directory, path) !== undefined && !path.split('/').includes('..');

/** Moves the ciphertext of each vault that came along. */
function takeVaults(raw: ClientLayout, staged: ClientLayout, vaults: readonly ProfileName[]): void {
  for (const name of vaults) {
    const from = usualPlace(raw.directory, name);
    if (kindOf(from) === 'none') throw strange(`the vault of ${name} is not there`);
    verifyWay(from, raw.directory);
    const to = usualPlace(staged.directory, name);
    ensureDirectory(join(to, '..'), directoryMode, staged.directory);
    rename(from, to, join(staged.directory, '..', '..'));
    changeMode(to, directoryMode, staged.directory);
  }
}

function takeState(raw: ClientLayout, staged: ClientLayout): void {
  if (kindOf(raw.stateDirectory) === 'none') return;
  verifyWay(raw.stateDirectory, raw.directory);
  for (const name of readdirSync(raw.stateDirectory)) {
    const path = join(raw.stateDirectory, name);
    const isLedger = /^ledger-[A-Za-z0-9._-]+\.jsonl$/.test(name);
    const stats = lstatSync(path);
    if ((!isLedger && !isKeptState(name)) || !stats.isFile() || stats.nlink !== 1) continue;
    // what was the old machine's user's is this one's
    chownSync(path, process.geteuid?.() ?? stats.uid, process.getegid?.() ?? stats.gid);
    changeMode(path, fileMode, raw.directory);
    rename(path, join(staged.stateDirectory, name), join(staged.directory, '..', '..'));
  }
}

/** The engine's configuration, kept beside the profiles for the day on which the remote's is broken. */
function takeEngineFiles(raw: ClientLayout, staged: ClientLayout, { profiles }: ExportManifest): void {
  for (const name of profiles) {
    const from = join(raw.toolDirectory, 'engine', name);
    if (kindOf(from) === 'none') continue;
    verifyWay(from, raw.directory);
    const to = join(staged.toolDirectory, 'engine', name);
    ensureDirectory(join(to, '..'), directoryMode, staged.directory);
    rename(from, to, join(staged.directory, '..', '..'));
  }
}

interface Arrival {
  readonly name: ProfileName;
  readonly profile: Profile;
  readonly owner: ProfileName;
}

/** A vault gets its usual place; a mount directory elsewhere is kept where it is free. */
function adaptTo(context: Context, final: ClientLayout, from: string, arrival: Arrival): Adapted {
  const { name, profile, owner } = arrival;
  const isElsewhere = partBelow(from, profile.mountDir) === undefined;
  const isTaken = isElsewhere && !isFree(profile.mountDir);
  const { defaultMountDir } = profileLayout(context.root, final.client, name);
  const { profile: adapted, notes } = adaptProfile(name, profile, {
    from,
    to: final.directory,
    encryptedDir: usualPlace(final.directory, owner),
    mountDir: isTaken ? defaultMountDir : undefined,
  });
  return {
    profile: adapted,
    notes: [
      ...(isTaken ? [`${name} is mounted at ${defaultMountDir}: ${profile.mountDir} is in use here`] : []),
      ...notes,
    ],
  };
}

function isFree(path: string): boolean {
  if (readMountTable().some(({ mountPoint }) => mountPoint === path)) return false;
  const kind = kindOf(path);
  return kind === 'none' || (kind === 'directory' && namesIn(path).length === 0);
}
