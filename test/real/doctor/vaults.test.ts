/** What the doctor says of vaults and mounts, and what --fix makes of it. */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { vaultPassword } from '../../support/installation.ts';
import { mountsBelow, processesNaming, unmountAllBelow, waitUntil } from '../../support/machine.ts';
import { createPatient, type Patient } from '../../support/patient.ts';
import { startProgram } from '../../support/running-command.ts';
import { editProfile } from '../../support/vault.ts';

let patient: Patient;
let encryptedDir: string;
let mountDir: string;

beforeAll(async () => {
  patient = await createPatient();
  ({ encryptedDir, mountDir } = patient.vault);
});
afterEach(() => patient.expectHealthy());
afterAll(() => patient.installation.cleanUp());

const daemons = (): number[] => processesNaming(encryptedDir).map(({ pid }) => pid);

/** gocryptfs as somebody types it who goes round the tool. */
function mountByHand(mountPoint: string): void {
  mkdirSync(mountPoint, { recursive: true });
  execFileSync('gocryptfs', ['-q', '-nonempty', '--', encryptedDir, mountPoint], {
    input: `${vaultPassword}\n`,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
}

describe('a mount', () => {
  it('that is dead is taken off', async () => {
    await patient.vault.succeed('mount');
    for (const pid of daemons()) process.kill(pid, 'SIGKILL');
    expect(await waitUntil(() => daemons().length === 0, 5000)).toBe(true);
    const { fixed } = await patient.expectMended('error mount-stale');
    expect(fixed).toEqual([{ id: 'mount-stale', subject: 'client1/default', did: `unmounted ${mountDir}` }]);
    expect(mountsBelow(patient.installation.directory)).toEqual([]);
  });

  it('that is in use by another run is not taken off, and that is said', async () => {
    await patient.vault.succeed('mount');
    for (const pid of daemons()) process.kill(pid, 'SIGKILL');
    const locks = patient.installation.client('client1', 'cryptosync', 'state', 'locks');
    const [lock = ''] = execFileSync('ls', [locks], { encoding: 'utf8' })
      .split('\n')
      .filter((name) => name.startsWith('vault-'));
    const holder = startProgram('flock', ['-F', join(locks, lock), 'sleep', '60'], process.env, {
      deadline: 60_000,
    });
    try {
      expect(
        await waitUntil(async () => (await patient.examine()).kinds.includes('info lock-held'), 10_000),
      ).toBe(true);
      const result = await patient.installation.cryptosync([
        'doctor',
        '--client',
        'client1',
        '--fix',
        '--json',
      ]);
      expect(result.exitCode).toBe(16);
      expect(result.json.fixed).toEqual([]);
      expect(result.stderr).toContain('mount-stale could not be mended');
    } finally {
      holder.child.kill();
      await holder.finished;
    }
    await patient.expectMended('error mount-stale');
  });

  it('of something else, or of a silent daemon, is told', async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=0700', 'none', mountDir]);
    expect((await patient.examine('--fix')).kinds).toEqual(['error mount-foreign']);
    execFileSync('umount', [mountDir]);
    await patient.vault.succeed('mount');
    const [daemon = -1] = daemons();
    process.kill(daemon, 'SIGSTOP');
    try {
      expect((await patient.examine('--fix')).kinds).toEqual(['error mount-unreadable']);
    } finally {
      process.kill(daemon, 'SIGCONT');
    }
    await patient.vault.succeed('unmount');
  });

  it('on top of another, or at a second place, is told', async () => {
    await patient.vault.succeed('mount');
    mountByHand(mountDir);
    expect((await patient.examine()).kinds).toEqual(['error mount-stacked']);
    unmountAllBelow(mountDir);
    const elsewhere = patient.installation.path('elsewhere');
    mountByHand(elsewhere);
    const { kinds, findings } = await patient.examine();
    expect(kinds).toContain('error mount-elsewhere');
    expect(findings.find(({ id }) => id === 'mount-elsewhere').mend).toBe(`fusermount3 -u ${elsewhere}`);
    unmountAllBelow(elsewhere);
    expect(await waitUntil(() => daemons().length === 0, 5000)).toBe(true);
  });

  it('of another vault than the profile names is told', async () => {
    await patient.vault.succeed('mount');
    const { vaultId } = JSON.parse(readFileSync(patient.vault.profileFile, 'utf8'));
    editProfile(patient.vault, { vaultId: 'another' });
    expect((await patient.examine('--fix')).kinds).toEqual(['error vault-mismatch']);
    editProfile(patient.vault, { vaultId });
    await patient.vault.succeed('unmount');
  });

  it('that was detached while in use is told as long as its daemon lives', async () => {
    await patient.vault.succeed('mount');
    const holder = startProgram('sleep', ['60'], process.env, { cwd: mountDir });
    try {
      expect(await waitUntil(() => processesNaming(mountDir).length > 0, 5000)).toBe(true);
      execFileSync('fusermount3', ['-uz', '--', mountDir]);
      const { kinds, findings } = await patient.examine('--fix');
      expect(kinds).toEqual(['warning daemon-detached']);
      expect(findings[0].what).toContain(`pid ${daemons()[0]}`);
    } finally {
      holder.child.kill();
      await holder.finished;
    }
    expect(await waitUntil(() => daemons().length === 0, 10_000)).toBe(true);
  });
});

describe('an unmounted mount directory', () => {
  it('with plaintext in it is told and not touched', async () => {
    patient.setImmutable(false);
    writeFileSync(join(mountDir, 'salaries.txt'), 'plain');
    const { kinds, findings } = await patient.examine('--fix');
    expect(kinds).toEqual(['error plaintext-strays']);
    expect(findings[0].what).toContain('salaries.txt');
    expect(readFileSync(join(mountDir, 'salaries.txt'), 'utf8')).toBe('plain');
    rmSync(join(mountDir, 'salaries.txt'));
    patient.setImmutable(true);
  });

  it('that can be written into is made immutable', async () => {
    patient.setImmutable(false);
    await patient.expectMended('warning mount-point-mutable');
    expect(() => writeFileSync(join(mountDir, 'x'), '')).toThrow('EPERM');
  });
});

describe('a vault', () => {
  it('that is gone, or lost its configuration, is told', async () => {
    const aside = `${encryptedDir}.aside`;
    renameSync(encryptedDir, aside);
    expect((await patient.examine('--fix')).kinds).toEqual(['error vault-missing']);
    mkdirSync(encryptedDir, { mode: 0o700 });
    expect((await patient.examine('--fix')).kinds).toEqual(['error vault-missing']);
    rmSync(encryptedDir, { recursive: true });
    renameSync(aside, encryptedDir);
    const conf = join(encryptedDir, 'gocryptfs.conf');
    const text = readFileSync(conf);
    renameSync(conf, `${conf}.aside`);
    expect((await patient.examine('--fix')).kinds).toEqual(['error vault-without-config']);
    renameSync(`${conf}.aside`, conf);
    execFileSync('chmod', ['u+w', conf]);
    truncateSync(conf);
    expect((await patient.examine('--fix')).kinds).toEqual(['error vault-config-torn']);
    writeFileSync(conf, text);
  });

  it('on a read-only file system is told', async () => {
    const script = `mount --bind ${encryptedDir} ${encryptedDir}; mount -o remount,ro,bind ${encryptedDir}`;
    expect((await patient.examineWhere(script)).kinds).toEqual(['warning vault-not-writable']);
  });

  it('without an id is told, as a note', async () => {
    const { vaultId } = JSON.parse(readFileSync(patient.vault.profileFile, 'utf8'));
    editProfile(patient.vault, { vaultId: undefined });
    expect(await patient.examine()).toMatchObject({ kinds: ['info vault-unidentified'], exitCode: 0 });
    editProfile(patient.vault, { vaultId });
  });

  it('that its engine keeps closed is told', async () => {
    const { profileFile } = patient.vault;
    const profile = readFileSync(profileFile);
    const summary = patient.installation.client('client1', 'cryptosync', 'summary.json');
    const oldSummary = readFileSync(summary);
    const state = patient.installation.client('client1', 'cryptosync', 'state', 'engine-default');
    const directory = join(state, 'filesystems', '0123');
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    // as CryFS writes it when it has found an older copy
    writeFileSync(join(directory, 'integritydata'), 'cryfs.integritydata.knownblockversions;1\0\u0001');
    // a whole one by its shape: head, length of the scrypt parameters, what is encrypted
    const head = Buffer.concat([
      Buffer.from('cryfs.config;1;scrypt\0'),
      Buffer.from([48, 0, 0, 0, 0, 0, 0, 0]),
    ]);
    writeFileSync(join(encryptedDir, 'cryfs.config'), Buffer.concat([head, Buffer.alloc(48 + 1056)]));
    editProfile(patient.vault, { engine: 'cryfs' });
    expect((await patient.examine('--fix')).kinds).toEqual([
      'error vault-integrity',
      'warning vault-unproven',
    ]);
    rmSync(join(state, 'filesystems'), { recursive: true });
    rmSync(join(encryptedDir, 'cryfs.config'));
    writeFileSync(profileFile, profile);
    writeFileSync(summary, oldSummary);
  });

  it('whose making was cut off leaves nothing behind', async () => {
    const workshop = join(encryptedDir, '..', '.encrypted.new');
    mkdirSync(join(workshop, 'cipher'), { recursive: true });
    mkdirSync(join(workshop, 'plain'));
    writeFileSync(join(workshop, 'cipher', 'gocryptfs.conf.tmp'), '');
    execFileSync('chattr', ['+i', join(workshop, 'plain')]);
    await patient.expectMended('warning install-interrupted');
    expect(existsSync(workshop)).toBe(false);
    expect(existsSync(join(encryptedDir, 'gocryptfs.conf'))).toBe(true);
  });
});
