/** What is mounted, what should not be, and what lies where something should be mounted. */
import { lstatSync, readdirSync } from 'node:fs';
import { findExecutable } from '../../system/dependencies.ts';
import { minimalEnvironment } from '../../system/environment.ts';
import { toCryptosyncError } from '../../system/errors.ts';
import { run } from '../../system/process.ts';
import { whySick } from '../../system/stores/stores.ts';
import { confirmMountedBefore } from '../../vaults/confirmation.ts';
import { findDaemons, findDaemonsElsewhere } from '../../vaults/mounts/processes.ts';
import { mountsElsewhere, type Vault } from '../../vaults/vault.ts';
import type { Examination, ProfileCase } from '../examination.ts';
import { namesOf } from '../examination.ts';
import type { Diagnosis } from '../finding.ts';

export async function checkMount(examination: Examination, one: ProfileCase): Promise<Diagnosis[]> {
  const elsewhere = checkElsewhere(one);
  switch (one.state.kind) {
    case 'mounted':
      return [...elsewhere, ...checkStacked(one, one.state.entries.length), ...(await checkIdentity(one))];
    case 'stale':
      return [...elsewhere, stale(one)];
    case 'foreign':
    case 'unreadable':
      return [...elsewhere, unusable(one, one.state.kind, one.state.reason)];
    case 'unmounted':
      return [
        ...elsewhere,
        ...checkDaemons(one),
        ...(whySick(one.vault.mountDir) === undefined
          ? [...checkStrays(one), ...(await checkImmutable(examination, one))]
          : []),
      ];
  }
}

function stale({ name, layout, vault }: ProfileCase): Diagnosis {
  return {
    id: 'mount-stale',
    severity: 'error',
    subject: name,
    what: `the mount at ${vault.mountDir} is dead: its daemon has ended without unmounting`,
    why: 'Every access to it fails with "Transport endpoint is not connected".',
    mend: { to: 'unmount-profile', ...namesOf(layout) },
    repair: { kind: 'unmount', layout },
  };
}

function unusable({ name, vault }: ProfileCase, kind: 'foreign' | 'unreadable', reason: string): Diagnosis {
  return {
    id: `mount-${kind}`,
    severity: 'error',
    subject: name,
    what: `${vault.mountDir} can't be used: ${reason}`,
    why: 'The vault can neither be mounted nor unmounted there.',
    mend: kind === 'foreign' ? { to: 'unmount-path', path: vault.mountDir } : { to: 'ask-who-mounted' },
  };
}

/** hazards.md G1. */
function checkStacked({ name, layout, vault }: ProfileCase, count: number): Diagnosis[] {
  if (count < 2) return [];
  return [
    {
      id: 'mount-stacked',
      severity: 'error',
      subject: name,
      what: `${count} mounts lie on top of each other at ${vault.mountDir}`,
      why: 'Two daemons on one vault overwrite what the other has written.',
      mend: { to: 'unmount-profile', ...namesOf(layout) },
    },
  ];
}

function checkElsewhere({ name, vault }: ProfileCase): Diagnosis[] {
  return mountsElsewhere(vault).map(({ mountPoint }) => ({
    id: 'mount-elsewhere',
    severity: 'error',
    subject: name,
    what: `the vault is mounted at ${mountPoint}, which the profile does not name`,
    why: 'It can be written there at any time, also during a sync, and mounting it twice damages it.',
    mend: { to: 'detach-path', path: mountPoint },
  }));
}

async function checkIdentity({ name, layout, vault }: ProfileCase): Promise<Diagnosis[]> {
  if (vault.vaultId === undefined) return [];
  try {
    await confirmMountedBefore(vault, true, { newVaultId: vault.vaultId });
    return [];
  } catch (thrown) {
    return [
      {
        id: 'vault-mismatch',
        severity: 'error',
        subject: name,
        what: toCryptosyncError(thrown).message,
        why: 'What is read there may be of another vault, and what is written there may be lost.',
        mend: { to: 'unmount-profile', ...namesOf(layout) },
      },
    ];
  }
}

/** hazards.md G4, C5. */
function checkDaemons({ name, vault }: ProfileCase): Diagnosis[] {
  const { engine, encryptedDir } = vault;
  const isSick = whySick(encryptedDir) !== undefined;
  const elsewhere = isSick ? [] : findDaemonsElsewhere(engine.name, encryptedDir).map(({ pid }) => pid);
  const hidden = elsewhere.map(
    (pid): Diagnosis => ({
      id: 'mount-in-namespace',
      severity: 'warning',
      subject: name,
      what: `the vault is mounted in another mount namespace, by the ${engine.name} daemon with pid ${pid}`,
      why: 'Programs outside of that unit or container do not see it, and it can not be mounted a second time.',
      mend: { to: 'unmount-in-namespace', pid },
    }),
  );
  return [...hidden, ...checkDetached(name, vault, elsewhere)];
}

function checkDetached(name: string, vault: Vault, elsewhere: readonly number[]): Diagnosis[] {
  const daemons = findDaemons(vault.engine.name, vault.encryptedDir);
  return daemons
    .filter(({ pid }) => !elsewhere.includes(pid))
    .map(({ pid }) => ({
      id: 'daemon-detached',
      severity: 'warning',
      subject: name,
      what: `nothing is mounted, but a ${vault.engine.name} daemon (pid ${pid}) still serves the vault`,
      why: 'A process that had files open there can still write; a sync may copy half of it.',
      mend: { to: 'end-daemon', pid },
    }));
}

const straysShown = 5;

/** hazards.md G5. */
function checkStrays({ name, layout, vault }: ProfileCase): Diagnosis[] {
  const { mountDir } = vault;
  if (lstatSync(mountDir, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  const strays = readdirSync(mountDir);
  if (strays.length === 0) return [];
  const more = strays.length > straysShown ? ` and ${strays.length - straysShown} more` : '';
  return [
    {
      id: 'plaintext-strays',
      severity: 'error',
      subject: name,
      what: `${mountDir} is not mounted and holds ${strays.slice(0, straysShown).join(', ')}${more}`,
      why: 'These files are not encrypted, no sync takes them along, and the vault can not be mounted over them.',
      mend: { to: 'take-strays-in', mountDir, ...namesOf(layout) },
    },
  ];
}

async function checkImmutable({ context }: Examination, { name, vault }: ProfileCase): Promise<Diagnosis[]> {
  const { mountDir } = vault;
  if (context.userId !== 0) return [];
  const isMutable = await hasNoImmutableFlag(mountDir, context.environment);
  if (isMutable !== true || readdirSync(mountDir).length > 0) return [];
  return [
    {
      id: 'mount-point-mutable',
      severity: 'warning',
      subject: name,
      what: `files can be written into ${mountDir} while nothing is mounted there`,
      why: 'They would lie on the disk in plaintext, and the vault could not be mounted any more.',
      mend: { to: 'make-immutable', path: mountDir },
      repair: { kind: 'make-immutable', directory: mountDir },
    },
  ];
}

/** Undefined where there is no such flag: another file system, no lsattr, no directory. */
async function hasNoImmutableFlag(
  directory: string,
  environment: NodeJS.ProcessEnv,
): Promise<boolean | undefined> {
  const file = findExecutable('lsattr', environment);
  if (file === undefined || findExecutable('chattr', environment) === undefined) return undefined;
  const finished = await run({
    file,
    args: ['-d', '--', directory],
    environment: minimalEnvironment(environment),
    deadline: 10_000,
  });
  const flags = /^([a-zA-Z-]+) /.exec(finished.stdout)?.[1];
  return finished.exitCode === 0 && flags !== undefined ? !flags.includes('i') : undefined;
}
