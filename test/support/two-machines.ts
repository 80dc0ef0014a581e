/** Two machines that bring one directory together through one remote: two roots, each with a state of its own. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Installation } from './installation.ts';
import type { CommandResult, RunningCommand } from './running-command.ts';
import { type ClientVault, editProfile } from './vault.ts';

export interface Machine {
  /** The synced directory. */
  readonly files: string;
  start(args?: readonly string[]): RunningCommand;
  run(args?: readonly string[]): Promise<CommandResult>;
  // biome-ignore lint/suspicious/noExplicitAny: each test knows the result that it asked for
  succeed(args?: readonly string[]): Promise<any>;
}

export interface TwoMachines {
  readonly here: Machine;
  readonly there: Machine;
  /** The directory that the remote is. */
  readonly remote: string;
}

/** @param name of the directory; the client's profile has no other mapping then */
export function twoMachines(installation: Installation, vault: ClientVault, name: string): TwoMachines {
  const remote = installation.path('remotes', 'shared', name);
  const source = installation.client(vault.client, 'files', name);
  editProfile(vault, {
    mappings: [{ source, remotePath: remote, direction: 'bidirectional', plaintext: true }],
  });
  const root = installation.path(`other root of ${name}`);
  cpSync(installation.root, root, { recursive: true, filter: (path) => !path.endsWith('/decrypted') });
  rmSync(join(root, vault.client, 'cryptosync', 'state', 'machine'), { force: true });
  const profile = join(root, vault.client, 'cryptosync', 'config', 'default.json');
  writeFileSync(profile, readFileSync(profile, 'utf8').replaceAll(`${installation.root}/`, `${root}/`));
  return {
    here: machine(installation, vault.client, installation.root, name),
    there: machine(installation, vault.client, root, name),
    remote,
  };
}

function machine(installation: Installation, client: string, root: string, name: string): Machine {
  const files = join(root, client, 'files', name);
  mkdirSync(files, { recursive: true });
  const start: Machine['start'] = (args = []) =>
    installation.start(['sync', '--client', client, '--json', ...args], { env: { CRYPTOSYNC_ROOT: root } });
  return {
    files,
    start,
    run: (args) => start(args).finished,
    async succeed(args) {
      const result = await start(args).finished;
      expect(result, result.stdout + result.stderr).toMatchObject({ exitCode: 0 });
      return result.json.results[0];
    },
  };
}
