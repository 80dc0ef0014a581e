/**
 * A temporary place for tests of vaults and engines without the command around them. Whatever happens in it, no mount,
 * process or file stays: it is cleared when the test file ends, when its process exits early, and, should that have
 * been killed, by the next test run.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret } from '../../src/secrets/secret.ts';
import { createVault } from '../../src/vaults/creation.ts';
import {
  defaultMountOptions,
  type Engine,
  type EngineDependencies,
  type MountOptions,
} from '../../src/vaults/engines/engine.ts';
import { type MountOutcome, mountVault, type Vault } from '../../src/vaults/mounting.ts';
import { cleanUpDirectory } from './installation.ts';
import { mountsBelow, processesNaming, unmountAllBelow } from './machine.ts';

export const password = 'correct horse battery staple';

const prefix = 'cryptosync-vaults-';

export interface VaultPlace {
  readonly directory: string;
  /** The environment of the engines: PATH, and a HOME that must stay empty. */
  readonly dependencies: EngineDependencies;
  path(...parts: string[]): string;
  /** A vault below the place, not made yet; every call gives it a new id. */
  vault(engine: Engine, name: string, changes?: Partial<Vault>): Vault;
  /** Makes a vault's encrypted directory. */
  create(vault: Vault): Promise<void>;
  mount(vault: Vault, options?: Partial<MountOptions>, word?: string): Promise<MountOutcome>;
  cleanUp(): Promise<void>;
}

/** The engine's processes that serve something below a directory. */
export function daemonsBelow(engine: Engine, directory: string): number[] {
  return processesNaming(directory)
    .filter(({ args }) => (args[0] ?? '').split('/').at(-1) === engine.name)
    .map(({ pid }) => pid);
}

/** Ends what a place's processes are and takes its mounts off, at once: the process is about to exit. */
function clearAtOnce(directory: string): void {
  for (const { pid } of processesNaming(directory)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // it has ended
    }
  }
  unmountAllBelow(directory);
}

/** Places of test runs whose process is gone: their names hold its pid. */
async function clearLeftovers(): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    const pid = new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1];
    if (pid === undefined || isRunning(pid)) continue;
    clearAtOnce(join(tmpdir(), name));
    await cleanUpDirectory(join(tmpdir(), name));
  }
}

function isRunning(pid: string): boolean {
  try {
    readFileSync(`/proc/${pid}/stat`);
    return true;
  } catch {
    return false;
  }
}

/** Makes a place; the caller cleans it up in `afterAll`. @param searchPath where its engines are looked for */
export async function createVaultPlace(searchPath = process.env['PATH']): Promise<VaultPlace> {
  await clearLeftovers();
  const directory = realpathSync(mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`)));
  const path = (...parts: string[]): string => join(directory, ...parts);
  mkdirSync(path('home'));
  const dependencies = { environment: { PATH: searchPath, HOME: path('home') } };
  const atExit = (): void => {
    clearAtOnce(directory);
    if (mountsBelow(directory).length === 0) rmSync(directory, { recursive: true, force: true });
  };
  process.once('exit', atExit);
  return {
    directory,
    dependencies,
    path,
    vault: (engine, name, changes = {}) => ({
      engine,
      encryptedDir: path(name, 'encrypted'),
      mountDir: path(name, 'decrypted'),
      stateDirectory: path(name, 'state'),
      recordsDirectory: path('records', name),
      vaultId: randomUUID(),
      ...changes,
    }),
    async create({ engine, encryptedDir, vaultId, stateDirectory, recordsDirectory }) {
      await createVault(
        engine,
        encryptedDir,
        new Secret(password),
        vaultId ?? '',
        { stateDirectory, recordsDirectory },
        dependencies,
      );
    },
    mount: (vault, options = {}, word = password) =>
      mountVault(
        vault,
        new Secret(word),
        { ...defaultMountOptions, ...options },
        { newVaultId: vault.vaultId ?? randomUUID() },
        dependencies,
      ),
    async cleanUp() {
      clearAtOnce(directory);
      await cleanUpDirectory(directory);
      process.off('exit', atExit);
    },
  };
}
