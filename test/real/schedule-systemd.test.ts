/** What is written for systemd, judged by systemd: its own checker of units, and its own calendar. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { profileLayout } from '../../src/clients/layout.ts';
import { parseClientId, parseProfileName } from '../../src/clients/names.ts';
import { type Job, jobKinds, type Owner } from '../../src/schedules/job.ts';
import { renderUnits } from '../../src/schedules/systemd/units.ts';
import { askSystemd } from '../../src/schedules/when/calendar.ts';
import { nextRuns, readWhen, runsOfCron } from '../../src/schedules/when/when.ts';
import { scratchDirectory } from '../support/scratch.ts';

const { environment, from } = { environment: process.env, from: new Date('2026-01-31T12:00:07Z') };

function jobOf(kind: Job['kind'], isUsers: boolean, directory: string): Job {
  return {
    ...{ kind, isUsers, using: 'systemd', when: '02:30', jitter: 1_800_000, since: '2026-01-31T02:00:00Z' },
    onFailure: 'told@%n.service',
    credentials: [
      { name: 'password', file: '/etc/cryptosync/a b.pw', isEncrypted: false },
      { name: 'key', file: '/etc/cryptosync/client1.cred', isEncrypted: true },
    ],
    call: {
      program: { node: process.execPath, script: join(directory, 'it$HOME', 'run.js') },
      path: '/usr/bin:/bin',
      logFile: `${directory}/100%/"log"`,
      settingsFile: `${directory}/a b.json`,
    },
  };
}

function verify(unit: string, isUsers: boolean): string {
  const args = [...(isUsers ? ['--user'] : []), 'verify', '--man=no', '--recursive-errors=no', unit];
  const env = { PATH: process.env['PATH'], XDG_RUNTIME_DIR: dirname(unit), HOME: dirname(unit), LC_ALL: 'C' };
  const { status, stderr, stdout } = spawnSync('systemd-analyze', args, { encoding: 'utf8', env });
  const said = `${stdout}${stderr}`.split('\n').filter((line) => line.includes('cryptosync'));
  return `${status}${said.join('\n')}`;
}

describe('systemd', () => {
  it.each([false, true])('has nothing against the units of any job, for its user alone: %s', (isUsers) => {
    const root = join(scratchDirectory(), '100% "it"');
    const layout = profileLayout(root, parseClientId('client1'), parseProfileName('default'));
    const owner: Owner = {
      ...{ root, layout, encryptedDir: layout.defaultEncryptedDir, mountDir: layout.defaultMountDir },
    };
    const directory = scratchDirectory();
    for (const kind of jobKinds) {
      const when = kind === 'mount' ? undefined : readWhen('0 4 1 * 5');
      const units = renderUnits(jobOf(kind, isUsers, directory), owner, when);
      expect(units).toHaveLength(kind === 'mount' ? 1 : 2);
      for (const { name, text } of units) writeFileSync(join(directory, name), text);
      for (const { name } of units)
        expect([name, verify(join(directory, name), isUsers)]).toEqual([name, '0']);
    }
    // and would say so, if it had
    const [unit] = renderUnits(jobOf('sync', isUsers, directory), owner, readWhen('02:30'));
    const broken = (unit?.text ?? '')
      .replace('Type=oneshot', 'Type=never')
      .replace(/^ExecStart=\S+/m, 'ExecStart=/gone');
    mkdirSync(join(directory, 'broken'));
    writeFileSync(join(directory, 'broken', unit?.name ?? ''), broken);
    expect(verify(join(directory, 'broken', unit?.name ?? ''), isUsers)).not.toBe('0');
    rmSync(directory, { recursive: true });
  });

  it.each([
    ...['02:30', 'hourly', 'daily', 'Weekly', 'monthly', 'quarterly', 'semiannually', 'yearly'],
    ...['Mon 02:30', 'Mon..Fri,Sun 2:05', 'Sat', '*-*-01 04:00', '*-12-24 18:00', '*:15', '*-*-31'],
  ])('has the same opinion as cron of the plain time %s', async (text) => {
    const { cron } = readWhen(text);
    expect(cron).toBeDefined();
    expect(await askSystemd(text, { environment, from, amount: 12 })).toEqual(
      runsOfCron(cron ?? '', from, 12),
    );
  });

  it.each([
    ...[
      '30 2 * * *',
      '*/15 * * * *',
      '0 4 1-3 jan,jul *',
      '0 4 * * mon-fri',
      '0 4 * * 7',
      '7-59/13 */5 * * *',
    ],
    ...['0 4 1 * 5', '59 23 29 2 *', '* * * * *', '0 0,12 1,15 */3 *'],
  ])('comes at the times of the cron expression %s', async (text) => {
    const { calendar } = readWhen(text);
    const runs: Date[] = [];
    for (const one of calendar)
      runs.push(...((await askSystemd(one, { environment, from, amount: 12 })) ?? []));
    const times = [...new Set(runs.map((run) => run.getTime()))].sort((one, other) => one - other);
    expect(times.slice(0, 12)).toEqual(runsOfCron(text, from, 12).map((run) => run.getTime()));
  });

  it('is asked for what only it can say', async () => {
    const runs = await nextRuns(readWhen('Mon *-*-1..7 02:30 UTC'), { environment, from, amount: 2 });
    expect(runs).toEqual([new Date('2026-02-02T02:30:00Z'), new Date('2026-03-02T02:30:00Z')]);
    await expect(
      nextRuns(readWhen('Mon *-02-30 01:00'), { environment, from, amount: 1 }),
    ).rejects.toMatchObject({
      code: 'USAGE',
    });
  });
});
