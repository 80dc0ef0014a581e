/** What the doctor says of a client's files, and what --fix makes of it. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { waitUntil } from '../../support/machine.ts';
import { otherProgram, version } from '../../support/packaging.ts';
import { createPatient, type Patient } from '../../support/patient.ts';
import { startProgram } from '../../support/running-command.ts';
import { editProfile } from '../../support/vault.ts';

let patient: Patient;
let tool: string;

beforeAll(async () => {
  patient = await createPatient();
  tool = patient.installation.client('client1', 'cryptosync');
});
afterEach(() => patient.expectHealthy());
afterAll(() => patient.installation.cleanUp());

const modeOf = (path: string): number => statSync(path).mode & 0o7777;

/** Replaces a file for the time of a test. */
async function withText(path: string, text: string | undefined, action: () => Promise<void>): Promise<void> {
  const old = existsSync(path) ? readFileSync(path) : undefined;
  const mode = old === undefined ? 0o600 : modeOf(path);
  if (text === undefined) unlinkSync(path);
  else writeFileSync(path, text);
  try {
    await action();
  } finally {
    if (old === undefined) rmSync(path, { force: true });
    else writeFileSync(path, old, { mode });
  }
}

describe('modes and owners', () => {
  it('that let others in are told and set right', async () => {
    const { vault } = patient;
    const conf = patient.installation.client('client1', 'rclone', 'rclone.conf');
    chmodSync(tool, 0o755);
    chmodSync(vault.encryptedDir, 0o750);
    chmodSync(conf, 0o644);
    chmodSync(vault.profileFile, 0o666);
    chmodSync(vault.ledgerFile, 0o640);
    const kinds = ['error mode-open', 'error profile-refused', 'warning mode-open'];
    const { fixed } = await patient.expectMended(...kinds);
    expect(fixed).toHaveLength(5);
    expect([tool, vault.encryptedDir].map(modeOf)).toEqual([0o700, 0o700]);
    expect([conf, vault.profileFile, vault.ledgerFile].map(modeOf)).toEqual([0o600, 0o600, 0o600]);
  });

  it('of an immutable mount directory are set right as well, and it stays immutable', async () => {
    patient.setImmutable(false);
    chmodSync(patient.vault.mountDir, 0o755);
    patient.setImmutable(true);
    await patient.expectMended('warning mode-open');
    expect(() => writeFileSync(join(patient.vault.mountDir, 'x'), '')).toThrow('EPERM');
  });

  it('of a link are left alone: it leads elsewhere', async () => {
    const { profileFile } = patient.vault;
    const elsewhere = patient.installation.path('elsewhere');
    writeFileSync(elsewhere, '');
    chmodSync(elsewhere, 0o644);
    symlinkSync(elsewhere, `${profileFile}.bak`);
    await patient.examine('--fix');
    expect(modeOf(elsewhere)).toBe(0o644);
    unlinkSync(`${profileFile}.bak`);
  });

  it('that are another user’s are told', async () => {
    const { profileFile } = patient.vault;
    chownSync(profileFile, 65534, 65534);
    const { findings } = await patient.examine('--fix');
    expect(findings).toMatchObject([
      { id: 'owner-mixed', mend: `chown 0 ${profileFile}`, fixable: false },
      { id: 'profile-refused', mend: expect.stringContaining(`chown root ${profileFile}`), fixable: false },
    ]);
    chownSync(profileFile, 0, 0);
    const stranger = await patient.examineWhere(
      'chmod -R a+rX "$CRYPTOSYNC_ROOT" 2>/dev/null || true',
      65534,
    );
    expect(stranger.kinds).toContain('error owner-other');
    await patient.examine('--fix');
  });
});

describe('configuration', () => {
  it('that is torn or not there is told with its file', async () => {
    const { vault, installation } = patient;
    await withText(vault.profileFile, '{"version": 1, "engi', async () => {
      const opinion = await patient.examine('--fix');
      expect(opinion.kinds).toContain('error profile-invalid');
      expect(opinion.findings.find(({ id }) => id === 'profile-invalid').what).toContain(vault.profileFile);
      expect(readFileSync(vault.profileFile, 'utf8')).toBe('{"version": 1, "engi');
    });
    await withText(vault.profileFile, undefined, async () => {
      expect((await patient.examine()).kinds).toContain('warning client-without-profile');
    });
    const other = await installation.cryptosync([
      'doctor',
      '--client',
      'client1',
      '--profile',
      'mail',
      '--json',
    ]);
    expect(other.json.findings).toMatchObject([{ id: 'profile-missing', subject: 'client1/mail' }]);
  });

  it('of rclone that is torn, or lacks the remote, is told', async () => {
    const conf = patient.installation.client('client1', 'rclone', 'rclone.conf');
    await withText(conf, '[default-remote]\ntyp', async () => {
      const { kinds } = await patient.examine();
      expect(kinds).toEqual(['error rclone-conf-torn']);
    });
    await withText(conf, '# encrypted\n\nRCLONE_ENCRYPT_V0:\nabcdef\n', async () => {
      expect((await patient.examine()).kinds).toEqual([]);
    });
    await withText(conf, undefined, async () => {
      expect((await patient.examine()).kinds).toEqual(['error remote-missing']);
    });
    editProfile(patient.vault, { remote: undefined });
    expect((await patient.examine()).kinds).toEqual(['warning remote-missing', 'warning summary-wrong']);
    editProfile(patient.vault, { remote: { name: 'default-remote', path: patient.vault.remoteDir } });
  });

  it('that the summary repeats wrongly is written anew, with the links', async () => {
    const summary = join(tool, 'summary.json');
    const before = JSON.parse(readFileSync(summary, 'utf8'));
    writeFileSync(summary, '{"component": "crypto');
    await patient.expectMended('warning summary-wrong');
    expect(JSON.parse(readFileSync(summary, 'utf8'))).toEqual(before);
    unlinkSync(summary);
    await patient.expectMended('warning summary-wrong');
    writeFileSync(summary, JSON.stringify({ ...before, profiles: [] }));
    await patient.expectMended('warning summary-wrong');
    editProfile(patient.vault, { createdAt: '2026-01-01T00:00:00Z' });
    await patient.expectMended('warning summary-wrong');
  });

  it('that a crash left half written is removed when it is old', async () => {
    const leftover = join(tool, 'config', '.default.json.0123456789ab.tmp');
    writeFileSync(leftover, '{');
    await patient.expectHealthy();
    utimesSync(leftover, 1, 1);
    await patient.expectMended('info leftover-file');
    expect(existsSync(leftover)).toBe(false);
  });
});

describe('scripts and links', () => {
  it('that are missing or changed are written anew', async () => {
    const scripts = join(tool, 'scripts');
    const before = readFileSync(join(scripts, 'sync_default.sh'), 'utf8');
    unlinkSync(join(scripts, 'mount_default.sh'));
    writeFileSync(join(scripts, 'sync_default.sh'), before.replace("'client1'", "'client2'"));
    chmodSync(join(scripts, 'unmount_default.sh'), 0o644);
    await patient.expectMended('warning script-wrong');
    expect(readFileSync(join(scripts, 'sync_default.sh'), 'utf8')).toBe(before);
  });

  it('that run another cryptosync are right while it is there', async () => {
    const script = join(tool, 'scripts', 'sync_default.sh');
    const text = readFileSync(script, 'utf8');
    const program = patient.installation.path('other cryptosync.js');
    const other = text.replace(/^program=.*$/m, `program='${program}'`);
    writeFileSync(program, '');
    writeFileSync(script, other);
    await patient.expectHealthy();
    unlinkSync(program);
    await patient.expectMended('warning script-wrong');
    expect(readFileSync(script, 'utf8')).toBe(text);
  });

  it.each([
    ['an older version', '{"version":"0.0.9"}', true],
    ['the same version', JSON.stringify({ version }), false],
    ['a newer version', '{"version":"100.0.0"}', false],
    ['a version that can’t be told', '{"version":{}}', false],
  ])('that run %s are told, or not', async (_, packageJson, isTold) => {
    const script = join(tool, 'scripts', 'sync_default.sh');
    const text = readFileSync(script, 'utf8');
    const other = otherProgram(patient.installation.path('other'), packageJson);
    writeFileSync(script, text.replace(/^program=.*$/m, `program='${other}'`));
    if (isTold) {
      const { json } = await patient.installation.cryptosync(['doctor', '--client', 'client1', '--json']);
      expect(json.findings).toMatchObject([
        { id: 'script-wrong', what: expect.stringMatching(/ runs cryptosync 0\.0\.9 at .*, and this is \d/) },
      ]);
      await patient.expectMended('warning script-wrong');
      expect(readFileSync(script, 'utf8')).toBe(text);
    } else {
      await patient.expectHealthy();
      writeFileSync(script, text);
    }
  });

  it('that are gone or lead elsewhere are linked again; what is not ours stays', async () => {
    const link = (action: string): string =>
      join(patient.installation.binDirectory, `cryptosync-${action}-client1-default`);
    unlinkSync(link('mount'));
    unlinkSync(link('sync'));
    symlinkSync(join(tool, 'scripts', 'mount_default.sh'), link('sync'));
    await patient.expectMended('warning link-wrong');
    expect(readlinkSync(link('sync'))).toBe(join(tool, 'scripts', 'sync_default.sh'));
    unlinkSync(link('mount'));
    writeFileSync(link('mount'), 'mine');
    const { findings } = await patient.examine('--fix');
    expect(findings).toMatchObject([{ id: 'link-wrong', severity: 'error', fixable: false }]);
    expect(readFileSync(link('mount'), 'utf8')).toBe('mine');
    unlinkSync(link('mount'));
    await patient.expectMended('warning link-wrong');
  });

  it('of a profile that is gone are removed; links to other places stay', async () => {
    const { binDirectory } = patient.installation;
    const dangling = join(binDirectory, 'cryptosync-sync-client1-photos');
    const foreign = join(binDirectory, 'cryptosync-sync-other-photos');
    symlinkSync(join(tool, 'scripts', 'sync_photos.sh'), dangling);
    symlinkSync('/nowhere/cryptosync/scripts/sync_photos.sh', foreign);
    await patient.expectMended('warning link-dangling');
    expect(() => lstatSync(dangling)).toThrow('ENOENT');
    expect(lstatSync(foreign).isSymbolicLink()).toBe(true);
    unlinkSync(foreign);
  });
});

describe('secrets', () => {
  it('that lie in the tree are told, and never removed', async () => {
    const file = patient.installation.client('client1', 'vault-password.txt');
    writeFileSync(file, 'n0t-to-be-shown', { mode: 0o600 });
    const { kinds } = await patient.examine('--fix');
    expect(kinds).toEqual(['warning secret-in-tree']);
    chmodSync(file, 0o644);
    const open = await patient.examine('--fix');
    expect(open.kinds).toEqual(['error secret-in-tree']);
    expect(JSON.stringify(open)).not.toContain('n0t-to-be-shown');
    expect(existsSync(file)).toBe(true);
    unlinkSync(file);
  });

  it('that the profile names are told when they are open to others, or gone', async () => {
    const file = patient.installation.path('password of client1');
    writeFileSync(file, 'x', { mode: 0o600 });
    editProfile(patient.vault, { passwordFile: file });
    await patient.expectHealthy();
    chmodSync(file, 0o644);
    await patient.expectMended('error password-file-open');
    expect(modeOf(file)).toBe(0o600);
    unlinkSync(file);
    expect((await patient.examine()).kinds).toEqual(['error password-file-missing']);
    editProfile(patient.vault, { passwordFile: undefined });
  });
});

describe('a hook', () => {
  it('that is gone, not executable, or could be changed by others is told, an error where runs depend on it', async () => {
    const file = patient.installation.path('hook');
    writeFileSync(file, '#!/bin/sh\n', { mode: 0o755 });
    editProfile(patient.vault, { hooks: { before: [file], onFailure: ['/bin/sh', file] } });
    await patient.expectHealthy();
    chmodSync(file, 0o644);
    expect((await patient.examine()).kinds).toEqual(['error hook-unusable']);
    chmodSync(file, 0o777);
    expect((await patient.examine()).kinds).toEqual(['error hook-unusable', 'warning hook-unusable']);
    unlinkSync(file);
    expect((await patient.examine()).kinds).toEqual(['error hook-unusable']);
    editProfile(patient.vault, { hooks: undefined });
  });
});

describe('locks', () => {
  it('that are held are told with their holder, as a warning after a day', async () => {
    const locks = join(tool, 'state', 'locks');
    const file = join(locks, 'rclone.lock');
    const holder = startProgram('flock', ['-F', file, 'sleep', '60'], process.env, { deadline: 60_000 });
    try {
      const isLocked = (): boolean => {
        try {
          execFileSync('flock', ['-n', file, 'true'], { stdio: 'ignore' });
          return false;
        } catch {
          return true;
        }
      };
      expect(await waitUntil(isLocked, 5000)).toBe(true);
      const opinion = await patient.examine();
      expect(opinion).toMatchObject({ exitCode: 0, kinds: ['info lock-held'] });
      expect(opinion.findings[0].what).toContain(`pid ${holder.pid}`);
      writeFileSync(
        file,
        JSON.stringify({ pid: holder.pid, purpose: 'sync', since: '2026-01-01T00:00:00Z' }),
      );
      const long = await patient.examine();
      expect(long.kinds).toEqual(['warning lock-held-long']);
      expect(long.findings[0].what).toContain('sync');
    } finally {
      holder.child.kill();
      await holder.finished;
    }
  });
});
