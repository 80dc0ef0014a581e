/** One client's vault in an installation, and what a stranger with its password and gocryptfs alone would see. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { stateOf } from '../../src/remotes/control/state.ts';
import { type Installation, vaultPassword } from './installation.ts';
import { unmountAllBelow } from './machine.ts';
import type { CommandResult } from './running-command.ts';
import { readTree, type Tree, writeFiles } from './tree.ts';

export const canaryName = '.cryptosync-vault';

export interface ClientVault {
  readonly client: string;
  readonly encryptedDir: string;
  readonly mountDir: string;
  /** The directory that the remote is, where it is one of this machine. */
  readonly remoteDir: string;
  readonly markerFile: string;
  readonly profileFile: string;
  readonly ledgerFile: string;
  run(command: string, ...args: string[]): Promise<CommandResult>;
  /** `run`, which must exit 0: with its document. */
  // biome-ignore lint/suspicious/noExplicitAny: each test knows the document that it asked for
  succeed(command: string, ...args: string[]): Promise<any>;
  /** Mounts, writes files, given as path → content, and unmounts. */
  put(files: Readonly<Record<string, string | Uint8Array>>): Promise<void>;
  /** The one row that status gives. */
  // biome-ignore lint/suspicious/noExplicitAny: the same
  status(...args: string[]): Promise<any>;
  // biome-ignore lint/suspicious/noExplicitAny: the same
  ledger(): any[];
  // biome-ignore lint/suspicious/noExplicitAny: the same
  marker(): any;
  /** Whether a run has begun at the remote and not ended, and the last generation that was committed there. */
  progress(): { readonly state: 'none' | 'committed' | 'in-progress'; readonly generation: number };
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

export function vaultOf(
  installation: Installation,
  client: string,
  remoteDir?: string,
  profile = 'default',
): ClientVault {
  const isDefault = profile === 'default';
  const remote = remoteDir ?? installation.path('remotes', isDefault ? client : `${client}-${profile}`);
  const directory = installation.client(client, 'vault', ...(isDefault ? [] : [profile]));
  const names = ['--client', client, ...(isDefault ? [] : ['--profile', profile])];
  const vault: ClientVault = {
    client,
    encryptedDir: join(directory, 'encrypted'),
    mountDir: join(directory, 'decrypted'),
    remoteDir: remote,
    markerFile: join(remote, '.cryptosync', 'marker.json'),
    profileFile: installation.client(client, 'cryptosync', 'config', `${profile}.json`),
    ledgerFile: installation.client(client, 'cryptosync', 'state', `ledger-${profile}.jsonl`),
    run: (command, ...args) => installation.cryptosync([command, ...names, '--json', ...args]),
    async succeed(command, ...args) {
      const result = await vault.run(command, ...args);
      expect(result, result.stdout + result.stderr).toMatchObject({ exitCode: 0 });
      return result.json;
    },
    async put(files) {
      await vault.succeed('mount');
      writeFiles(vault.mountDir, files);
      await vault.succeed('unmount');
    },
    status: async (...args) => (await vault.succeed('status', ...args)).vaults[0],
    ledger: () =>
      readFileSync(vault.ledgerFile, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    marker: () => JSON.parse(readFileSync(vault.markerFile, 'utf8')),
    progress() {
      const [marker, announcement] = ['marker.json', 'in-progress.json'].map((name) =>
        readIfThere(join(remote, '.cryptosync', name)),
      );
      const state = stateOf(marker, announcement);
      if (state.kind !== 'present') return { state: 'none', generation: 0 };
      const isBegun = state.begun !== undefined || state.committed?.state === 'in-progress';
      return { state: isBegun ? 'in-progress' : 'committed', generation: state.committed?.generation ?? 0 };
    },
  };
  return vault;
}

/** Installs a client whose remote is a directory of this machine. */
export async function installVault(
  installation: Installation,
  client = 'client1',
  ...args: string[]
): Promise<ClientVault> {
  const vault = vaultOf(installation, client);
  const remote = ['--remote-type', 'local', '--remote-path', vault.remoteDir];
  await vault.succeed('install', '--no-links', ...remote, ...args);
  return vault;
}

/** Changes keys of a profile as an operator does in an editor. */
export function editProfile({ profileFile }: ClientVault, changes: Readonly<Record<string, unknown>>): void {
  const profile = JSON.parse(readFileSync(profileFile, 'utf8'));
  writeFileSync(profileFile, JSON.stringify({ ...profile, ...changes }, undefined, 2));
}

/** Mounts an encrypted directory with gocryptfs alone, and looks at it. */
function lookByHand<Seen>(
  installation: Installation,
  encryptedDir: string,
  look: (mountPoint: string) => Seen,
): Seen {
  const mountPoint = mkdtempSync(installation.path('by-hand-'));
  execFileSync('gocryptfs', ['-q', '-ro', '--', encryptedDir, mountPoint], {
    input: `${vaultPassword}\n`,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  try {
    return look(mountPoint);
  } finally {
    unmountAllBelow(mountPoint);
  }
}

/** What gocryptfs alone shows of an encrypted directory: its files, the canary left out. */
export function openByHand(installation: Installation, encryptedDir: string): Tree {
  return lookByHand(installation, encryptedDir, (mountPoint) => readTree(mountPoint, [canaryName]));
}

/** A copy of a remote, made without the tool; links are made of the texts that stand for them, as `rclone --links` does. */
export function copyByHand(installation: Installation, remoteDir: string): string {
  const copy = mkdtempSync(installation.path('restored-'));
  cpSync(remoteDir, copy, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
  for (const name of readdirSync(copy, { recursive: true, encoding: 'utf8' })) {
    const path = join(copy, name);
    if (!name.endsWith('.rclonelink') || name.startsWith('.cryptosync/')) continue;
    symlinkSync(readFileSync(path, 'utf8'), path.slice(0, -'.rclonelink'.length));
    rmSync(path);
  }
  return copy;
}

/** The files in a copy of a remote, made and opened without the tool; the canary is left out. */
export function restoreByHand(installation: Installation, remoteDir: string): Tree {
  return openByHand(installation, copyByHand(installation, remoteDir));
}

/** The names in such a copy: what they hold may be torn. */
export function listByHand(installation: Installation, remoteDir: string): string[] {
  const copy = copyByHand(installation, remoteDir);
  return lookByHand(installation, copy, (mountPoint) =>
    readdirSync(mountPoint, { recursive: true, encoding: 'utf8' }),
  );
}
