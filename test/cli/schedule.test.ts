/** `schedule`: what it writes and turns on, what it finds again, changes and removes, and what it leaves alone. */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FakeSystemd, fakeSystemd } from '../support/fake-systemd.ts';
import { createInstallation, type Installation } from '../support/installation.ts';
import { otherProgram } from '../support/packaging.ts';
import type { CommandResult } from '../support/running-command.ts';
import { snapshot } from '../support/snapshot.ts';
import { type ClientVault, installVault } from '../support/vault.ts';

let installation: Installation;
let vault: ClientVault;
let fake: FakeSystemd;
let units: string;
/** For PATH. */
let path: string;

const timer = 'cryptosync-sync-client1-default.timer';
const service = 'cryptosync-sync-client1-default.service';

async function schedule(...args: string[]): Promise<CommandResult> {
  return await run('schedule', ...args);
}

async function run(...args: string[]): Promise<CommandResult> {
  return await installation.cryptosync([...args, '--client', 'client1', '--json'], { env: { PATH: path } });
}

/** Puts a job on this user's own systemd. */
const add = (...args: string[]) => schedule('add', '--user', '--using', 'systemd', ...args);

const findings = async (...args: string[]): Promise<Record<string, unknown>[]> =>
  (await run('doctor', '--no-check-remote', ...args)).json.findings.filter(({ id }: { id: string }) =>
    id.startsWith('schedule'),
  );

beforeAll(async () => {
  installation = createInstallation();
  vault = await installVault(installation);
});

afterAll(async () => {
  await installation.cleanUp();
});

beforeEach(() => {
  rmSync(installation.path('fakes'), { recursive: true, force: true });
  fake = fakeSystemd(installation.path('fakes'));
  path = `${fake.directory}:${process.env['PATH']}`;
  units = installation.path('home', '.config', 'systemd', 'user');
  rmSync(units, { recursive: true, force: true });
  rmSync(installation.client('client1', 'cryptosync', 'state', 'schedule-default.json'), { force: true });
});

/** Changes what the tree remembers of its first job. */
function edit(change: (job: { call: { program: object }; since: string }) => void): void {
  const record = installation.client('client1', 'cryptosync', 'state', 'schedule-default.json');
  const value = JSON.parse(readFileSync(record, 'utf8'));
  change(value.jobs[0]);
  writeFileSync(record, JSON.stringify(value));
}

const questions = /is-system-running|--version/;

describe('schedule add with systemd', () => {
  it('writes the units, turns the timers on, and says when they come', async () => {
    const result = await add('--sync', '02:30', '--verify', 'weekly');
    expect(result, result.stderr).toMatchObject({ exitCode: 0 });
    expect(readdirSync(units).sort()).toEqual([
      service,
      timer,
      'cryptosync-verify-client1-default.service',
      'cryptosync-verify-client1-default.timer',
    ]);
    expect(fake.calls().filter((call) => !questions.test(call))).toEqual([
      'systemctl --user daemon-reload',
      `systemctl --user enable ${timer} cryptosync-verify-client1-default.timer`,
      `systemctl --user restart ${timer} cryptosync-verify-client1-default.timer`,
    ]);
    const [sync, verify] = result.json.jobs;
    expect(sync).toMatchObject({ job: 'sync', when: '02:30', using: 'systemd', jitterSeconds: 1800 });
    expect(sync.next).toHaveLength(3);
    expect(new Date(sync.next[0]).getMinutes()).toBe(30);
    expect(new Date(verify.next[0]).getDay()).toBe(1);
    for (const name of readdirSync(units)) expect(lstatSync(join(units, name)).mode & 0o777).toBe(0o644);
    expect(await findings()).toEqual([]);
  });

  it('again replaces the job, and leaves the others as they are', async () => {
    await add('--sync', '02:30', '--verify', 'weekly');
    const verify = readFileSync(join(units, 'cryptosync-verify-client1-default.timer'), 'utf8');
    await add('--sync', '03:45', '--jitter', '0');
    expect(readFileSync(join(units, timer), 'utf8')).toContain('OnCalendar=03:45\nPersistent=yes');
    expect(readFileSync(join(units, 'cryptosync-verify-client1-default.timer'), 'utf8')).toBe(verify);
    const { json } = await schedule('list');
    expect(json.schedules[0].jobs.map(({ job, when }: Record<string, string>) => [job, when])).toEqual([
      ['verify', 'weekly'],
      ['sync', '03:45'],
    ]);
  });

  it('mounts at boot, and turns that on without starting it', async () => {
    const result = await add('--mount', 'at-boot', '--encrypted-credential', '/etc/client1.cred');
    expect(result, result.stderr).toMatchObject({ exitCode: 0 });
    const name = 'cryptosync-mount-client1-default.service';
    expect(readdirSync(units)).toEqual([name]);
    expect(readFileSync(join(units, name), 'utf8')).toContain(
      'LoadCredentialEncrypted=cryptosync-client1-default:/etc/client1.cred\n',
    );
    expect(fake.calls().filter((call) => !questions.test(call))).toEqual([
      'systemctl --user daemon-reload',
      `systemctl --user enable ${name}`,
    ]);
  });

  it.each([
    ['252 (252.39-1~deb12u2)', 2],
    ['257 (257.8-1)', 0],
  ])('gives a user’s systemd %s an encrypted credential where it opens one', async (version, exitCode) => {
    // what is asked without a verb
    fake.answer('', `systemd ${version}\n+PAM`);
    const result = await add('--mount', 'at-boot', '--encrypted-credential', '/etc/client1.cred');
    expect([result.exitCode, existsSync(units)]).toEqual([exitCode, exitCode === 0]);
    const plain = await add('--mount', 'at-boot', '--credential', '/etc/client1.pw');
    expect(plain).toMatchObject({ exitCode: 0 });
  });

  it('tells where systemd does not run, and turns the timer on for when it does', async () => {
    fake.answer('is-system-running', 'offline');
    const result = await add('--sync', '02:30');
    expect(result.exitCode).toBe(0);
    expect(result.stderr).toContain('systemd does not run here for this user');
    expect(fake.calls().filter((call) => !questions.test(call))).toEqual([
      `systemctl --user enable ${timer}`,
    ]);
  });

  it('into a directory calls nobody', async () => {
    const directory = installation.path('image', 'units');
    const result = await schedule('add', '--sync', '02:30', '--using', 'systemd', '--dir', directory);
    expect(result, result.stderr).toMatchObject({ exitCode: 0 });
    expect(readdirSync(directory).sort()).toEqual([service, timer]);
    expect(fake.calls()).toEqual([]);
    expect((await schedule('remove')).exitCode).toBe(0);
    expect(readdirSync(directory)).toEqual([]);
    expect(fake.calls()).toEqual([]);
  });

  it('that systemd refuses is told with its words, and doctor mends it', async () => {
    fake.fail('enable');
    const result = await add('--sync', '02:30');
    expect(result).toMatchObject({ exitCode: 10 });
    expect(result.json.error.message).toContain('it is broken');
    fake.answer('is-enabled', 'disabled');
    expect(await findings()).toMatchObject([{ id: 'schedule-off', fixable: true }]);
  });
});

describe('schedule', () => {
  it.each([
    [['--sync', '25:30'], 2, 'USAGE'],
    [['--sync', 'Mon *-02-30 01:00'], 2, 'USAGE'],
    [['--sync', '0 0 31 2 *'], 2, 'USAGE'],
    [['--sync', '; reboot'], 2, 'USAGE'],
    [['--mount', 'daily', '--credential', '/x'], 2, 'USAGE'],
    [['--sync', '02:30', '--credential', 'relative'], 2, 'USAGE'],
    [['--sync', '02:30', '--on-failure', 'no unit'], 2, 'USAGE'],
    [['--sync', '02:30', '--jitter', 'long'], 2, 'USAGE'],
    [[], 2, 'USAGE'],
    [['--mount', 'at-boot'], 12, 'PASSWORD_REQUIRED'],
    [['--drill', 'monthly'], 12, 'PASSWORD_REQUIRED'],
    [['--sync', '02:30', '--profile', 'none'], 10, 'PROFILE_NOT_FOUND'],
  ])('refuses %j and writes nothing', async (args, exitCode, code) => {
    const result = await add(...args);
    expect([args, result.exitCode, result.json.error.code]).toEqual([args, exitCode, code]);
    expect(existsSync(units)).toBe(false);
  });

  it('refuses what cron can’t do', async () => {
    for (const args of [
      ['--credential', '/x'],
      ['--on-failure', 'x.service'],
    ]) {
      const result = await schedule('add', '--user', '--using', 'cron', '--sync', '02:30', ...args);
      expect(result).toMatchObject({ exitCode: 2 });
    }
    const result = await schedule('add', '--user', '--using', 'cron', '--sync', 'Mon *-*-1..7 02:30');
    expect(result).toMatchObject({ exitCode: 2 });
    expect(fake.crontab()).toBe('');
  });

  it('refuses a file of somebody else’s and a link, and changes neither', async () => {
    mkdirSync(units, { recursive: true });
    const target = installation.path('target');
    writeFileSync(target, 'theirs');
    const obstacles: Record<string, () => void> = {
      file: () => writeFileSync(join(units, timer), '[Timer]\n'),
      link: () => symlinkSync(target, join(units, timer)),
      mask: () => symlinkSync('/dev/null', join(units, timer)),
      directory: () => mkdirSync(join(units, timer)),
    };
    for (const [name, make] of Object.entries(obstacles)) {
      make();
      const before = snapshot(units);
      const result = await add('--sync', '02:30');
      expect([name, result.exitCode, result.json.error.code]).toEqual([name, 10, 'CONFIG_INVALID']);
      expect(snapshot(units)).toEqual(before);
      rmSync(join(units, timer), { recursive: true });
    }
    expect(readFileSync(target, 'utf8')).toBe('theirs');
    // nor is one followed to what a schedule of this profile wrote
    await add('--sync', '02:30');
    const own = readFileSync(join(units, timer), 'utf8');
    writeFileSync(target, own);
    rmSync(join(units, timer));
    symlinkSync(target, join(units, timer));
    expect(await add('--sync', '03:30')).toMatchObject({ exitCode: 10 });
    await schedule('remove');
    expect(lstatSync(join(units, timer)).isSymbolicLink()).toBe(true);
    expect(readFileSync(target, 'utf8')).toBe(own);
  });

  it('refuses a directory that others can write', async () => {
    mkdirSync(units, { recursive: true, mode: 0o777 });
    const { chmodSync } = await import('node:fs');
    chmodSync(units, 0o777);
    expect(await add('--sync', '02:30')).toMatchObject({ exitCode: 10 });
    expect(readdirSync(units)).toEqual([]);
  });

  it('shows in a dry run and by render what it would write, and writes nothing', async () => {
    const dry = await add('--sync', '02:30', '--dry-run');
    expect(dry.json).toMatchObject({ dryRun: true, written: [join(units, service), join(units, timer)] });
    const rendered = await schedule('render', '--user', '--using', 'systemd', '--sync', '02:30');
    expect(existsSync(units)).toBe(false);
    await add('--sync', '02:30');
    for (const { path: file, text } of rendered.json.files) expect(readFileSync(file, 'utf8')).toBe(text);
    const remove = await schedule('remove', '--dry-run');
    expect(remove.json.removed.sort()).toEqual([join(units, service), join(units, timer)]);
    expect(readdirSync(units)).toHaveLength(2);
  });

  it('removes one job or all of them, and nothing of others', async () => {
    await add('--sync', '02:30', '--verify', 'weekly');
    writeFileSync(join(units, 'cryptosync-sync-client2-default.timer'), 'theirs');
    fake.calls();
    await schedule('remove', '--job', 'verify');
    expect(readdirSync(units).sort()).toEqual(
      [service, timer, 'cryptosync-sync-client2-default.timer'].sort(),
    );
    expect(fake.calls()).toContain('systemctl --user disable --now cryptosync-verify-client1-default.timer');
    const { json } = await schedule('remove');
    expect(json.removed).toHaveLength(2);
    expect(readdirSync(units)).toEqual(['cryptosync-sync-client2-default.timer']);
    expect((await schedule('list')).json.schedules[0].jobs).toEqual([]);
    expect((await schedule('remove')).json).toMatchObject({ written: [], removed: [] });
  });

  it('finds what it wrote although its record is lost', async () => {
    await add('--sync', '02:30');
    unlinkSync(installation.client('client1', 'cryptosync', 'state', 'schedule-default.json'));
    expect((await schedule('remove')).json.removed).toHaveLength(2);
    expect(readdirSync(units)).toEqual([]);
  });

  it('moves a job from one system to the other, so that it does not run twice', async () => {
    await add('--sync', '02:30');
    const moved = await schedule('add', '--user', '--using', 'cron', '--sync', '02:30');
    expect(moved, moved.stderr).toMatchObject({ exitCode: 0 });
    expect(readdirSync(units)).toEqual([]);
    expect(fake.crontab()).toMatch(/^# cryptosync schedule: sync /);
    await add('--sync', '02:30');
    expect(fake.crontab()).toBe('');
    expect(readdirSync(units)).toHaveLength(2);
  });
});

describe('schedule with cron', () => {
  const theirs = '# mine\nMAILTO=ops@example.com\n0 1 * * * echo theirs\n';

  it('adds lines to the user’s crontab and takes them away again, and nothing else of it', async () => {
    fake.setCrontab(theirs);
    const result = await schedule('add', '--user', '--using', 'cron', '--sync', '02:30');
    expect(result, result.stderr).toMatchObject({ exitCode: 0 });
    const text = fake.crontab();
    expect(text.startsWith(theirs)).toBe(true);
    const line = text.split('\n').at(-2) ?? '';
    const { offsetMinutes, next } = result.json.jobs[0];
    expect(offsetMinutes).toBeLessThan(30);
    expect(line.startsWith(`${(30 + offsetMinutes) % 60} ${offsetMinutes >= 30 ? 3 : 2} * * * PATH=`)).toBe(
      true,
    );
    expect(new Date(next[0]).getMinutes()).toBe((30 + offsetMinutes) % 60);
    expect(line).toContain(`${process.execPath} `);
    expect(await findings()).toEqual([]);
    fake.setCrontab(text.replace(' --quiet', ''));
    expect(await findings()).toMatchObject([{ id: 'schedule-changed', fixable: false }]);
    await schedule('remove');
    expect(fake.crontab()).toBe(theirs);
  });

  it('tells a line of the user’s crontab as written where a shorter one takes its place', async () => {
    const add = (time: string) =>
      schedule('add', '--user', '--using', 'cron', '--jitter', '0', '--sync', time);
    fake.setCrontab(theirs);
    expect((await add('10 12 1,2,3,4,5,6,7,8,9 * *')).json).toMatchObject({
      written: ['crontab'],
      removed: [],
    });
    expect((await add('1 2 * * *')).json).toMatchObject({ written: ['crontab'], removed: [] });
    expect((await schedule('remove')).json).toMatchObject({ written: [], removed: ['crontab'] });
  });

  it('writes one file a client, with a user for each line, and keeps what was added to it', async () => {
    const directory = installation.path('image', 'cron.d');
    const file = join(directory, 'cryptosync-client1');
    const args = ['--using', 'cron', '--dir', directory, '--jitter', '0'];
    await schedule('add', '--sync', '02:30', ...args);
    writeFileSync(file, readFileSync(file, 'utf8').replace('SHELL=', 'MAILTO=ops@example.com\nSHELL='));
    await schedule('add', '--verify', 'weekly', ...args);
    const text = readFileSync(file, 'utf8');
    expect(text).toContain('\nMAILTO=ops@example.com\n');
    expect(text).toMatch(/^30 2 \* \* \* root PATH=/m);
    expect(text).toMatch(/^0 0 \* \* 1 root PATH=/m);
    expect(lstatSync(file).mode & 0o777).toBe(0o644);
    await schedule('remove', '--job', 'sync');
    expect(readFileSync(file, 'utf8')).not.toMatch(/^30 2/m);
    await schedule('remove');
    expect(existsSync(file)).toBe(false);
    expect(fake.calls()).toEqual([]);
  });
});

describe('doctor', () => {
  it('finds a timer that is off, a unit that is gone, and mends both', async () => {
    await add('--sync', '02:30');
    fake.answer('is-active', 'inactive');
    expect(await findings()).toMatchObject([{ id: 'schedule-off', severity: 'warning', fixable: true }]);
    fake.answer('is-active', 'active');
    unlinkSync(join(units, timer));
    expect(await findings()).toMatchObject([{ id: 'schedule-missing', severity: 'error', fixable: true }]);
    fake.calls();
    expect(await findings('--fix')).toEqual([]);
    expect(existsSync(join(units, timer))).toBe(true);
    expect(fake.calls()).toContain(`systemctl --user enable ${timer}`);
  });

  it('finds what was changed by hand and leaves it', async () => {
    await add('--sync', '02:30');
    const text = readFileSync(join(units, timer), 'utf8').replace('02:30', '04:30');
    writeFileSync(join(units, timer), text);
    expect(await findings('--fix')).toMatchObject([{ id: 'schedule-changed', fixable: false }]);
    expect(readFileSync(join(units, timer), 'utf8')).toBe(text);
    rmSync(join(units, timer));
    writeFileSync(join(units, timer), 'theirs');
    expect(await findings('--fix')).toMatchObject([{ id: 'schedule-taken', fixable: false }]);
    expect(readFileSync(join(units, timer), 'utf8')).toBe('theirs');
  });

  it('finds a program that is older than this one, and lets this one be called', async () => {
    const script = otherProgram(installation.path('older'), '{"version":"0.0.9"}');
    await add('--sync', '02:30');
    edit((job) => Object.assign(job.call.program, { script }));
    expect(await findings()).toMatchObject([
      {
        id: 'schedule-older-version',
        severity: 'warning',
        fixable: true,
        what: expect.stringMatching(/^its sync calls cryptosync 0\.0\.9 at .*, and this is \d/),
      },
    ]);
    expect(await findings('--fix')).toEqual([]);
    expect(readFileSync(join(units, service), 'utf8')).not.toContain(script);
    for (const version of ['{"version":"100.0.0"}', '{']) {
      otherProgram(installation.path('older'), version);
      edit((job) => Object.assign(job.call.program, { script }));
      expect(await findings()).toEqual([]);
    }
  });

  it('finds a program that is gone and a run that is overdue', async () => {
    await add('--sync', '02:30');
    edit((job) => Object.assign(job.call.program, { node: '/nowhere/node' }));
    expect(await findings()).toMatchObject([
      { id: 'schedule-program-gone', severity: 'error', fixable: true },
    ]);
    expect(await findings('--fix')).toEqual([]);
    edit((job) => {
      job.since = '2026-01-31T02:00:00Z';
    });
    expect(await findings()).toMatchObject([{ id: 'schedule-overdue', severity: 'warning', fixable: false }]);
    await vault.put({ 'a.txt': 'a' });
    await vault.succeed('sync');
    expect(await findings()).toEqual([]);
  });

  it('tells a record that can’t be read', async () => {
    const record = installation.client('client1', 'cryptosync', 'state', 'schedule-default.json');
    for (const text of ['{', '[]', '{"version":1,"jobs":[{"kind":"sync"}]}', '{"version":2,"jobs":[]}']) {
      writeFileSync(record, text);
      expect([text, await findings()]).toMatchObject([text, [{ id: 'schedule-invalid' }]]);
      expect((await schedule('list')).json.error.code).toBe('CONFIG_INVALID');
    }
  });
});

describe('a tree that is gone', () => {
  it('leaves units that doctor tells of, and only those', async () => {
    await add('--sync', '02:30');
    expect(await findings()).toEqual([]);
    renameSync(installation.client('client1'), installation.client('renamed'));
    const { json } = await installation.cryptosync(['doctor', '--json'], { env: { PATH: path } });
    renameSync(installation.client('renamed'), installation.client('client1'));
    const orphans = json.findings.filter(({ id }: { id: string }) => id === 'schedule-orphan');
    expect(orphans.map(({ what }: { what: string }) => what.split(' ')[0]).sort()).toEqual([
      join(units, service),
      join(units, timer),
    ]);
  });
});

describe('uninstall', () => {
  it('takes the schedule along', async () => {
    await add('--sync', '02:30', '--verify', 'weekly');
    await schedule('add', '--user', '--using', 'cron', '--verify', 'weekly');
    fake.calls();
    const plan = await run('uninstall', '--dry-run');
    expect(plan.json.removes).toEqual(
      expect.arrayContaining([join(units, timer), join(units, service), 'crontab']),
    );
    const { json } = await run('uninstall');
    expect(json.removed).toEqual(expect.arrayContaining(plan.json.removes));
    expect(readdirSync(units)).toEqual([]);
    expect(fake.crontab()).toBe('');
    expect(fake.calls()).toContain(`systemctl --user disable --now ${timer}`);
  });
});
