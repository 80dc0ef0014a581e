/** Modes and owners of what the tool has written: a client's secrets are its owner's alone (DESIGN section 3). */
import { lstatSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { directoryMode, fileMode } from '../../clients/layout.ts';
import { isAbsence } from '../../system/files.ts';
import type { ClientCase, Examination } from './examination.ts';
import { type Diagnosis, machine, quoted } from './finding.ts';

export function checkRoot({ context }: Examination): Diagnosis[] {
  const mode = statSync(context.root, { throwIfNoEntry: false })?.mode ?? 0;
  if ((mode & 0o002) === 0) return [];
  return [
    {
      id: 'root-writable',
      severity: 'error',
      subject: machine,
      what: `everybody may write to ${context.root}`,
      why: 'Anybody could put a tree of their own in the place of a client.',
      mend: `chmod o-w ${quoted(context.root)}`,
    },
  ];
}

export function checkPermissions({ context }: Examination, { layout, profiles }: ClientCase): Diagnosis[] {
  const directories = [
    layout.toolDirectory,
    layout.configDirectory,
    layout.stateDirectory,
    layout.locksDirectory,
    layout.rcloneDirectory,
    ...profiles.map(({ vault }) => vault.encryptedDir),
    ...profiles.filter(({ state }) => state.kind === 'unmounted').map(({ vault }) => vault.mountDir),
  ];
  const files = [
    layout.summary,
    layout.rcloneConfig,
    ...filesIn(layout.configDirectory).filter((path) => /\.json(\.bak)?$/.test(path)),
    ...filesIn(layout.stateDirectory),
  ];
  const owner = lstatSync(layout.directory, { throwIfNoEntry: false })?.uid;
  return [
    ...[...new Set(directories)].flatMap((path) => checkMode(layout.client, path, directoryMode)),
    ...files.flatMap((path) => checkMode(layout.client, path, fileMode)),
    ...(owner === undefined ? [] : checkOwners(layout, [...directories, ...files], owner, context.userId)),
  ];
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
function checkMode(client: string, path: string, wanted: number): Diagnosis[] {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined || stats.isSymbolicLink() || (stats.mode & 0o077) === 0) return [];
  const isWritable = (stats.mode & 0o022) !== 0;
  return [
    {
      id: 'mode-open',
      severity: isWritable ? 'error' : 'warning',
      subject: client,
      what: `${path} has mode ${(stats.mode & 0o7777).toString(8).padStart(4, '0')}`,
      why: `Other users of the machine can ${isWritable ? 'change' : 'read'} it.`,
      mend: `chmod ${wanted.toString(8).padStart(4, '0')} ${quoted(path)}`,
      repair: { kind: 'set-mode', path, mode: wanted },
    },
  ];
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
        mend: 'run as its owner, or as root',
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
    mend: `chown ${owner} ${quoted(path)}`,
  }));
}
