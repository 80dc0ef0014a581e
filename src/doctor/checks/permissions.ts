/** Modes and owners of what the tool has written: a client's secrets are its owner's alone (docs/layout.md). */
import { lstatSync, readdirSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { directoryMode, fileMode } from '../../clients/layout.ts';
import type { Advice } from '../../system/advice/index.ts';
import { isAbsence, kindOf, namesIn } from '../../system/files.ts';
import { isOpenToOthers, isOwn } from '../../system/paths/walk.ts';
import { readMountTable } from '../../system/stores/mount-table.ts';
import { whySick } from '../../system/stores/stores.ts';
import type { ClientCase, Examination } from '../examination.ts';
import { type Diagnosis, machine, type Repair } from '../finding.ts';
import { wayTo } from '../way-to.ts';

/** The root and the directories above it: who can write one of them can put another client in the place of each. */
export function checkRoot({ context: { root, userId } }: Examination): Diagnosis[] {
  if (whySick(root) !== undefined) return [];
  const way = wayTo(root);
  const last = way.at(-1);
  return way.flatMap(({ path, stats }) => {
    const isRoot = path === last?.path && stats.isDirectory();
    const base = { severity: 'error' as const, subject: machine };
    const why =
      'Who owns or can write it can put a tree of his own in the place of a client: commands refuse it.';
    if (!isOwn(stats)) {
      const mend: Advice = { to: 'set-owner', path, owner: userId };
      return [{ ...base, id: 'way-foreign', what: `${path} belongs to uid ${stats.uid}`, why, mend }];
    }
    if (stats.isSymbolicLink()) return [];
    const isLoose = isOpenToOthers(stats) || (isRoot && (stats.mode & 0o002) !== 0);
    if (!isLoose) return [];
    const who = (stats.mode & 0o002) === 0 ? 'its group' : 'everybody';
    const found: Diagnosis = {
      ...base,
      id: isRoot ? 'root-writable' : 'way-writable',
      what: `${who} may write to ${path}`,
      why,
      mend: { to: 'close-to-others', path },
    };
    // what stands above the root is not ours to change
    return isRoot ? [{ ...found, repair: { kind: 'close', path, mode: stats.mode & 0o7755 } }] : [found];
  });
}

export function checkPermissions({ context }: Examination, { layout, profiles }: ClientCase): Diagnosis[] {
  const table = readMountTable();
  const own = [
    layout.toolDirectory,
    layout.configDirectory,
    layout.stateDirectory,
    layout.locksDirectory,
    layout.rcloneDirectory,
  ];
  const ofVaults = [
    ...profiles.map(({ vault }) => vault.encryptedDir),
    ...profiles.filter(({ state }) => state.kind === 'unmounted').map(({ vault }) => vault.mountDir),
  ].filter((path) => whySick(path, table) === undefined);
  const files = [
    layout.summary,
    layout.rcloneConfig,
    ...filesIn(layout.configDirectory).filter((path) => /\.json(\.bak)?$/.test(path)),
    ...filesIn(layout.stateDirectory),
    ...filesIn(layout.locksDirectory),
  ];
  const owner = lstatSync(layout.directory, { throwIfNoEntry: false })?.uid;
  const { client } = layout;
  // a mount that lets others in needs it so, and closes it when it goes
  const opened = new Set(
    profiles
      .filter(({ state }) => 'entries' in state && state.entries.some(({ allowsOthers }) => allowsOthers))
      .map(({ vault }) => vault.encryptedDir),
  );
  const believed = believedBelow(layout);
  return [
    ...[layout.directory, ...believed].flatMap((path) => checkClosed(client, path)),
    ...own.flatMap((path) => checkMode(client, path, directoryMode, 'close')),
    ...[...new Set(ofVaults)]
      .filter((path) => !(opened.has(path) && (lstatSync(path).mode & 0o022) === 0))
      .flatMap((path) => checkMode(client, path, directoryMode, 'set-mode')),
    ...files.flatMap((path) => checkMode(client, path, fileMode, 'close')),
    ...(owner === undefined
      ? []
      : checkOwners(
          layout,
          [...new Set([...own, ...believed, ...ofVaults, ...files])],
          owner,
          context.userId,
        )),
  ];
}

/** What may be read by others and is believed or run all the same: scripts, and the engines' own state. */
function believedBelow({ scriptsDirectory, stateDirectory }: ClientCase['layout']): string[] {
  const engines = namesIn(stateDirectory).filter((name) => name.startsWith('engine-'));
  return [scriptsDirectory, ...engines.map((name) => join(stateDirectory, name))].flatMap(withAllBelow);
}

function withAllBelow(path: string): string[] {
  if (kindOf(path) !== 'directory') return [path];
  return [path, ...namesIn(path).flatMap((name) => withAllBelow(join(path, name)))];
}

function filesIn(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => join(directory, name));
  } catch (error) {
    if (isAbsence(error)) return [];
    throw error;
  }
}

/** What group and others may do; what the owner may not do is the operator's own affair. */
function checkMode(client: string, path: string, wanted: number, kind: ModeRepair['kind']): Diagnosis[] {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined || stats.isSymbolicLink() || (stats.mode & 0o077) === 0) return [];
  return [modeOpen(client, path, stats, { kind, path, mode: wanted })];
}

/** The same for what others may read. */
function checkClosed(client: string, path: string): Diagnosis[] {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined || stats.isSymbolicLink() || (stats.mode & 0o022) === 0) return [];
  return [modeOpen(client, path, stats, { kind: 'close', path, mode: stats.mode & 0o7755 })];
}

type ModeRepair = Extract<Repair, { kind: 'set-mode' | 'close' }>;

function modeOpen(client: string, path: string, stats: Stats, repair: ModeRepair): Diagnosis {
  const isWritable = (stats.mode & 0o022) !== 0;
  return {
    id: 'mode-open',
    severity: isWritable ? 'error' : 'warning',
    subject: client,
    what: `${path} has mode ${(stats.mode & 0o7777).toString(8).padStart(4, '0')}`,
    why: `Other users of the machine can ${isWritable ? 'change' : 'read'} it.`,
    mend: { to: 'set-mode', path, mode: repair.mode },
    repair,
  };
}

function checkOwners(
  { client, directory }: ClientCase['layout'],
  paths: readonly string[],
  owner: number,
  userId: number,
): Diagnosis[] {
  if (userId !== 0 && owner !== userId) {
    return [
      {
        id: 'owner-other',
        severity: 'error',
        subject: client,
        what: `${directory} belongs to uid ${owner}, and this is uid ${userId}`,
        why: 'Commands of this user on it fail.',
        mend: { to: 'run-as-owner' },
      },
    ];
  }
  const strangers = paths.filter((path) => {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    return stats !== undefined && stats.uid !== owner;
  });
  return strangers.map((path) => ({
    id: 'owner-mixed',
    severity: 'error',
    subject: client,
    what: `${path} does not belong to uid ${owner}, whose ${directory} is`,
    why: 'The owner can no longer change it, or somebody else can.',
    mend: { to: 'set-owner', path, owner },
  }));
}
