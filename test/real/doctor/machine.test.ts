/** What the doctor says of the machine: tools, FUSE, the root, units and crontabs, temporary files, the log. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findExecutable } from '../../../src/system/dependencies.ts';
import { createPatient, type Patient } from '../../support/patient.ts';
import { editProfile } from '../../support/vault.ts';

const nobody = 65534;
let patient: Patient;

beforeAll(async () => {
  patient = await createPatient();
});
afterAll(() => patient.installation.cleanUp());

/** A directory in which only some of the machine's tools are, and programs of our own. */
function pathWith(tools: readonly string[], own: Readonly<Record<string, string>> = {}): string {
  const directory = patient.installation.path(`path-${tools.join('-')}-${Object.keys(own).join('-')}`);
  mkdirSync(directory);
  for (const tool of tools) symlinkSync(findExecutable(tool, process.env) ?? tool, `${directory}/${tool}`);
  for (const [name, script] of Object.entries(own)) {
    writeFileSync(`${directory}/${name}`, `#!/bin/sh\n${script}\n`);
    chmodSync(`${directory}/${name}`, 0o755);
  }
  return directory;
}

const all = ['gocryptfs', 'rclone', 'fusermount3', 'flock', 'lsattr', 'chattr', 'sh', 'stat', 'cat'];

describe('a healthy installation', () => {
  it('has no finding, its remote and clock included', async () => {
    const opinion = await patient.examine('--check-remote', '--strict');
    expect(opinion.findings).toEqual([]);
    expect(opinion.exitCode).toBe(0);
  });

  it('has none while it is mounted, and none with --all', async () => {
    await patient.vault.succeed('mount');
    await patient.expectHealthy();
    await patient.vault.succeed('unmount');
    const result = await patient.installation.cryptosync(['doctor', '--all', '--json']);
    expect(result).toMatchObject({ exitCode: 0, json: { findings: [], fixed: [] } });
  });

  it('is told what its tools can not do', async () => {
    const { json } = await patient.installation.cryptosync(['doctor', '--json']);
    const rclone = json.passed.find(({ what }: { what: string }) => what.startsWith('rclone'));
    expect(rclone.what).toMatch(/^rclone \d+\.\d+\.\d+$/);
    if (/ 1\.60\./.test(rclone.what)) expect(rclone.why).toContain('bisync has no --recover');
  });
});

describe('tools', () => {
  it('that are missing are named with what installs them', async () => {
    const PATH = pathWith(all.filter((tool) => tool !== 'rclone'));
    const opinion = await patient.examineWith({ env: { PATH } });
    expect(opinion).toMatchObject({ kinds: ['error tool-missing'], exitCode: 16 });
    expect(opinion.findings[0].mend).toContain('Install rclone');
  });

  it('that are too old or tell no version are errors', async () => {
    const others = all.filter((tool) => tool !== 'gocryptfs' && tool !== 'rclone');
    const PATH = pathWith(others, { gocryptfs: 'echo "gocryptfs 1.7; go-fuse"', rclone: 'exit 3' });
    const opinion = await patient.examineWith({ env: { PATH } });
    expect(opinion.kinds).toEqual(['error tool-broken', 'error tool-too-old']);
    expect(opinion.findings.map(({ what }) => what).join()).toContain('gocryptfs 1.7.0 is too old');
  });

  it('are only looked for where a client needs them', async () => {
    const { json } = await patient.installation.cryptosync(['doctor', '--json']);
    expect(JSON.stringify(json)).not.toContain('cryfs');
  });

  it('of rclone 1.60 fail with AWS_CA_BUNDLE, which is told where the remote is S3', async () => {
    const others = all.filter((tool) => tool !== 'rclone');
    const PATH = pathWith(others, { rclone: 'echo "rclone v1.60.1-DEV"' });
    const env = { PATH, AWS_CA_BUNDLE: '/etc/ssl/certs/ca-certificates.crt' };
    expect((await patient.examineWith({ env })).kinds).toEqual([]);
    const conf = patient.installation.client('client1', 'rclone', 'rclone.conf');
    const text = readFileSync(conf, 'utf8');
    writeFileSync(conf, text.replace('type = local', 'type = s3'));
    try {
      expect((await patient.examineWith({ env })).kinds).toEqual(['error rclone-ca-bundle']);
    } finally {
      writeFileSync(conf, text);
    }
  });
});

describe('FUSE', () => {
  it('that this user may not open, or that is not there, is an error', async () => {
    const denied = await patient.examineWhere(
      `touch "$TMPDIR/device"; chmod 0600 "$TMPDIR/device"; mount --bind "$TMPDIR/device" /dev/fuse; chmod -R a+rX "$CRYPTOSYNC_ROOT" 2>/dev/null || true`,
      nobody,
    );
    expect(denied.kinds).toContain('error fuse-denied');
    const missing = await patient.examineWhere(
      'mkdir "$TMPDIR/dev"; mount -t tmpfs none "$TMPDIR/dev"; cp -a /dev/null /dev/zero /dev/urandom /dev/random "$TMPDIR/dev/"; mount --bind "$TMPDIR/dev" /dev',
    );
    expect(missing.kinds).toContain('error fuse-missing');
    execFileSync('rm', [
      '-rf',
      patient.installation.path('tmp', 'dev'),
      patient.installation.path('tmp', 'device'),
    ]);
  });

  it('needs user_allow_other for allowOther, but not as root', async () => {
    editProfile(patient.vault, { allowOther: true });
    const withoutIt =
      ': >"$TMPDIR/fuse.conf"; chmod 0644 "$TMPDIR/fuse.conf"; mount --bind "$TMPDIR/fuse.conf" /etc/fuse.conf';
    const readable = 'chmod -R a+rX "$CRYPTOSYNC_ROOT" 2>/dev/null || true';
    try {
      expect((await patient.examineWhere(withoutIt)).kinds).not.toContain('error fuse-allow-other');
      const user = await patient.examineWhere(`${withoutIt}; ${readable}`, nobody);
      expect(user.kinds).toContain('error fuse-allow-other');
      const allowed = `${withoutIt}; echo user_allow_other >"$TMPDIR/fuse.conf"`;
      expect((await patient.examineWhere(allowed, nobody)).kinds).not.toContain('error fuse-allow-other');
    } finally {
      editProfile(patient.vault, { allowOther: undefined });
      await patient.examine('--fix');
    }
    await patient.expectHealthy();
  });
});

describe('the machine', () => {
  it('whose root everybody may write to is told, and what that keeps commands from', async () => {
    chmodSync(patient.installation.root, 0o777);
    expect((await patient.examine()).kinds).toEqual(['error profile-refused', 'error root-writable']);
    chmodSync(patient.installation.root, 0o755);
  });

  it('whose units and crontabs hold a password is told the lines, and never the password', async () => {
    const secret = 'n0t-to-be-shown';
    const files = [
      'for d in /etc/cron.d /etc/systemd/system /var/spool/cron; do mkdir -p $d; mount -t tmpfs none $d; done',
      `echo '0 2 * * * root CRYPTOSYNC_PASSWORD=${secret} cryptosync sync --all' >/etc/cron.d/backup`,
      'mkdir /etc/systemd/system/sync.service.d /var/spool/cron/crontabs',
      `printf '[Service]\\nExecStart=/usr/bin/cryptosync sync\\nEnvironment="CRYPTOSYNC_PASSWORD=${secret}"\\n' >/etc/systemd/system/sync.service.d/env.conf`,
      `printf '# --vault-password in a comment\\n@daily cryptosync mount --vault-password ${secret}\\n' >/var/spool/cron/crontabs/root`,
      `echo '0 3 * * * root PASSWORD=${secret} other' >/etc/cron.d/other`,
      `printf '[Service]\\nExecStart=cryptosync sync --password-file %%d/pw\\nEnvironment=CRYPTOSYNC_PASSWORD=\\n' >/etc/systemd/system/good.service`,
    ];
    const opinion = await patient.examineWhere(files.join('; '));
    expect(opinion.kinds).toEqual(['error secret-in-schedule']);
    expect(opinion.findings.map(({ what }) => what).sort()).toEqual([
      'line 1 of /etc/cron.d/backup holds a password or key',
      'line 2 of /var/spool/cron/crontabs/root holds a password or key',
      'line 3 of /etc/systemd/system/sync.service.d/env.conf holds a password or key',
    ]);
    expect(JSON.stringify(opinion)).not.toContain(secret);
  });

  it('that has no room for temporary files, or no place for the log, is told', async () => {
    const full = await patient.examineWhere('mount -t tmpfs -o size=512k none "$TMPDIR"');
    expect(full.kinds).toEqual(['error disk-nearly-full']);
    const opinion = await patient.examine('--log-file', `${process.execPath}/log`);
    expect(opinion.kinds).toEqual(['warning log-not-writable']);
  });

  it('is looked at alone when no client is named and the default one is not there', async () => {
    const { installation } = patient;
    expect(await installation.cryptosync(['doctor', '--json'])).toMatchObject({ exitCode: 0 });
    const unknown = await installation.cryptosync(['doctor', '--client', 'nobody', '--json']);
    expect(unknown).toMatchObject({ exitCode: 10, json: { error: { code: 'CLIENT_NOT_FOUND' } } });
  });
});

describe('the exit code', () => {
  it('is 0 with warnings, 16 with --strict, and 16 with errors', async () => {
    patient.setImmutable(false);
    expect(await patient.examine()).toMatchObject({ exitCode: 0, kinds: ['warning mount-point-mutable'] });
    expect(await patient.examine('--strict')).toMatchObject({ exitCode: 16 });
    patient.setImmutable(true);
    chmodSync(patient.installation.root, 0o777);
    const args = ['doctor', '--client', 'client1', '--no-check-remote'];
    const plain = await patient.installation.cryptosync(args);
    expect(plain).toMatchObject({ exitCode: 16, stderr: '' });
    expect(plain.stdout).toContain('[root-writable]');
    expect(plain.stdout).toContain('mend: chmod go-w');
    const quiet = await patient.installation.cryptosync([...args, '--quiet']);
    expect(quiet).toMatchObject({ exitCode: 16, stdout: '' });
    expect(quiet.stderr).toContain('everybody may write to');
    chmodSync(patient.installation.root, 0o755);
  });
});
