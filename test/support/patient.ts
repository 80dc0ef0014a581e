/** A client that is in perfect health, for tests that make it ill, and what the doctor says of it. */
import { execFileSync } from 'node:child_process';
import { expect } from 'vitest';
import { createInstallation, type Installation } from './installation.ts';
import { type CommandOptions, type CommandResult, program } from './running-command.ts';
import { type ClientVault, installVault } from './vault.ts';

export interface Opinion {
  readonly exitCode: number | null;
  // biome-ignore lint/suspicious/noExplicitAny: each test knows the findings that it provoked
  readonly findings: any[];
  // biome-ignore lint/suspicious/noExplicitAny: the same
  readonly fixed: any[];
  /** Severity and id of each kind of finding, such as `error mount-stale`, sorted. */
  readonly kinds: readonly string[];
}

export interface Patient {
  readonly installation: Installation;
  readonly vault: ClientVault;
  /** What the doctor says, remotes left out unless asked for. */
  examine(...args: string[]): Promise<Opinion>;
  /** The same with other options of the process. */
  examineWith(options: CommandOptions, ...args: string[]): Promise<Opinion>;
  /** The same in a mount namespace of its own, after a shell script has changed it there. `as` is a user id. */
  examineWhere(script: string, as?: number): Promise<Opinion>;
  /** What is found, is mended by `--fix`, and then found no more. */
  expectMended(...kinds: string[]): Promise<Opinion>;
  expectHealthy(): Promise<void>;
  /** Takes the flag off that keeps the mount directory as it is, or sets it. */
  setImmutable(wanted: boolean): void;
}

/** Installs a client with links, a file in its vault, and a sync. The caller cleans the installation up. */
export async function createPatient(base?: string): Promise<Patient> {
  const installation = createInstallation(base);
  const vault = await installVault(installation);
  await vault.succeed('install', '--bin-dir', installation.binDirectory);
  await vault.put({ 'a file': 'its content' });
  await vault.succeed('sync');
  return patientOf(installation, vault);
}

function patientOf(installation: Installation, vault: ClientVault): Patient {
  const command = ['doctor', '--client', vault.client, '--json'];
  const where = ['--bin-dir', installation.binDirectory];
  const patient: Patient = {
    installation,
    vault,
    examine: (...args) => patient.examineWith({}, ...args),
    async examineWith(options, ...args) {
      const remote = args.includes('--check-remote') ? [] : ['--no-check-remote'];
      return opinionOf(await installation.cryptosync([...command, ...where, ...remote, ...args], options));
    },
    async examineWhere(script, as) {
      const user = as === undefined ? '' : `setpriv --reuid ${as} --regid ${as} --clear-groups`;
      const line = `set -e; ${script}\nexec ${user} "$@"`;
      const words = [process.execPath, program, ...command, ...where, '--no-check-remote'];
      const args = ['--mount', '--propagation', 'private', 'sh', '-c', line, 'sh', ...words];
      return opinionOf(
        await installation.runProgram('unshare', args, { environment: installation.environment }),
      );
    },
    async expectMended(...kinds) {
      expect((await patient.examine()).kinds).toEqual([...kinds].sort());
      const mended = await patient.examine('--fix');
      expect(mended).toMatchObject({ kinds: [], exitCode: 0 });
      expect(kinds.map((kind) => kind.split(' ')[1])).toEqual(
        expect.arrayContaining(mended.fixed.map(({ id }) => id)),
      );
      expect(mended.fixed).not.toEqual([]);
      await patient.expectHealthy();
      return mended;
    },
    async expectHealthy() {
      const opinion = await patient.examine();
      expect(opinion.findings).toEqual([]);
      expect(opinion.exitCode).toBe(0);
    },
    setImmutable(wanted) {
      execFileSync('chattr', [wanted ? '+i' : '-i', vault.mountDir]);
    },
  };
  return patient;
}

function opinionOf(result: CommandResult): Opinion {
  expect([0, 16], result.stdout + result.stderr).toContain(result.exitCode);
  const { findings, fixed } = result.json;
  const kinds = findings.map(({ severity, id }: { severity: string; id: string }) => `${severity} ${id}`);
  for (const { what, why, mend, severity } of findings) {
    expect(what).not.toBe('');
    expect(why).not.toBe('');
    if (severity !== 'info') expect(mend).not.toBeNull();
  }
  return { exitCode: result.exitCode, findings, fixed, kinds: [...new Set<string>(kinds)].sort() };
}
