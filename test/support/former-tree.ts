/** A client's tree as the former shell scripts left it: made with the bare tools, readable by everyone. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Installation, vaultPassword } from './installation.ts';
import { processesNaming, unmountAllBelow, waitUntil } from './machine.ts';
import { writeFiles } from './tree.ts';
import { type ClientVault, vaultOf } from './vault.ts';

export interface FormerTree extends ClientVault {
  readonly directory: string;
  readonly confFile: string;
}

export interface FormerTreeOptions {
  readonly engine?: 'gocryptfs' | 'cryfs';
  readonly profile?: string;
  /** Instead of the lines that the scripts wrote. */
  readonly conf?: (lines: Readonly<Record<string, string>>) => string;
  /** What is in the vault. */
  readonly files?: Readonly<Record<string, string>>;
}

/** The lines as the scripts wrote them: below a comment, without quotes. */
export function plainConf(lines: Readonly<Record<string, string>>): string {
  const assignments = Object.entries(lines).map(([key, value]) => `${key}=${value}`);
  return ['# CryptoSync configuration', ...assignments, ''].join('\n');
}

/** Writes the tree: vault with files, configuration, scripts, a remote, links that lead nowhere any more. */
export async function writeFormerTree(
  installation: Installation,
  { engine = 'gocryptfs', profile = 'default', conf = plainConf, files = {} }: FormerTreeOptions = {},
): Promise<FormerTree> {
  const client = 'client1';
  const vault = vaultOf(installation, client, undefined, profile);
  const directory = installation.client(client);
  const config = join(directory, 'cryptosync', 'config');
  const confFile = join(config, `cryptosync.${profile}.conf`);
  const lines = {
    ENCRYPTED_DIR: vault.encryptedDir,
    MOUNT_DIR: vault.mountDir,
    REMOTE_NAME: 'former-remote',
    FILESYSTEM_TYPE: engine,
    CREATED_DATE: '2023-11-05T14:03:22+00:00',
    CLIENT_ID: client,
  };
  for (const path of [vault.encryptedDir, vault.mountDir, config]) mkdirSync(path, { recursive: true });
  if (engine === 'cryfs') await makeCryfsVault(vault, join(config, `cryfs.${profile}.conf`), files);
  else makeGocryptfsVault(vault, files);
  writeFiles(directory, {
    [`cryptosync/config/cryptosync.${profile}.conf`]: conf(lines),
    [`cryptosync/scripts/mount_${profile}.sh`]: '#!/bin/bash\nsource ../config\n',
    'rclone/rclone.conf': `[former-remote]\ntype = local\n`,
  });
  openToEveryone(directory, vault.encryptedDir);
  for (const action of ['mount', 'unmount', 'sync']) {
    const link = join(installation.binDirectory, `cryptosync-${action}-${client}-${profile}`);
    symlinkSync(join('/opt/old/clients', client, 'cryptosync', 'scripts', `${action}_${profile}.sh`), link);
  }
  return { ...vault, directory, confFile };
}

function makeGocryptfsVault(
  { encryptedDir, mountDir }: ClientVault,
  files: Readonly<Record<string, string>>,
): void {
  const run = (...args: string[]): void => {
    execFileSync('gocryptfs', ['-q', ...args], {
      input: `${vaultPassword}\n`,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
  };
  run('-init', '--', encryptedDir);
  run('--', encryptedDir, mountDir);
  writeFiles(mountDir, files);
  unmountAllBelow(mountDir);
}

/** With its configuration outside of the vault, as the scripts had it. */
async function makeCryfsVault(
  { encryptedDir, mountDir }: ClientVault,
  config: string,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  const state = `${dirname(config)}/state-of-cryfs`;
  execFileSync('cryfs', ['--config', config, '--create-missing-basedir', encryptedDir, mountDir], {
    input: vaultPassword,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: {
      PATH: process.env['PATH'],
      CRYFS_FRONTEND: 'noninteractive',
      CRYFS_NO_UPDATE_CHECK: 'true',
      CRYFS_LOCAL_STATE_DIR: state,
    },
  });
  writeFiles(mountDir, files);
  execFileSync('fusermount3', ['-u', mountDir]);
  // its daemon writes before it ends
  await waitUntil(() => processesNaming(encryptedDir).length === 0, 30_000);
  execFileSync('rm', ['-r', state]);
}

function openToEveryone(directory: string, leftOut: string): void {
  chmodSync(directory, 0o755);
  for (const name of readdirSync(directory)) {
    const path = join(directory, name);
    if (!statSync(path).isDirectory()) chmodSync(path, name.endsWith('.sh') ? 0o755 : 0o644);
    else if (path !== leftOut) openToEveryone(path, leftOut);
  }
}

/** A file beside the vault in which the scripts kept its password. */
export function keepPasswordInTheClear({ directory }: FormerTree): string {
  const file = join(directory, 'cryptosync', 'config', '.vault_password');
  writeFileSync(file, `${vaultPassword}\n`, { mode: 0o644 });
  return file;
}
