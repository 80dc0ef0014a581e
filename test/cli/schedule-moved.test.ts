/** The schedule of a tree that is relocated: it runs the new place, where it ran the old one, and never both. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect } from 'vitest';
import { type FakeSystemd, fakeSystemd } from '../support/fake-systemd.ts';
import { type Installation, it } from '../support/installation.ts';
import type { CommandResult } from '../support/running-command.ts';
import { installVault } from '../support/vault.ts';

const timer = 'cryptosync-sync-client1-default.timer';
const service = 'cryptosync-sync-client1-default.service';

let fake: FakeSystemd;
let units: string;
let run: (...args: string[]) => Promise<CommandResult>;

/** A client with a sync by systemd and a check by cron, both of this user's own. */
beforeEach<{ installation: Installation }>(async ({ installation }) => {
  fake = fakeSystemd(installation.path('fakes'));
  units = installation.path('home', '.config', 'systemd', 'user');
  const env = { PATH: `${fake.directory}:${process.env['PATH']}` };
  run = (...args) => installation.cryptosync([...args, '--json'], { env });
  await installVault(installation);
  const add = ['schedule', 'add', '--client', 'client1', '--user', '--using'];
  const credential = installation.client('client1', 'cryptosync', 'pw');
  writeFileSync(credential, 'secret', { mode: 0o600 });
  await run(...add, 'systemd', '--sync', '02:30', '--credential', credential);
  await run(...add, 'cron', '--verify', 'weekly');
  fake.setCrontab(`MAILTO=me\n${fake.crontab()}`);
  fake.calls();
});

const relocate = (root: string, client = 'client1'): Promise<CommandResult> =>
  run('relocate', '--no-links', '--client', client, '--root', root);

/** What doctor says of the schedule of a client, and of what stands for none. */
async function findings(root: string, client = 'client1'): Promise<string[]> {
  const { json } = await run('doctor', '--no-check-remote', '--client', client, '--root', root);
  return json.findings.map(({ id }: { id: string }) => id).filter((id: string) => id.startsWith('schedule'));
}

const textOf = (name: string): string => readFileSync(join(units, name), 'utf8');

it('comes along to another root', async ({ installation }) => {
  const root = installation.path('moved');
  renameSync(installation.root, root);
  const { json } = await relocate(root);
  expect(json.profiles).toMatchObject([{ profile: 'default', schedule: 'carried' }]);
  expect(json.notes).toEqual([]);
  expect(readdirSync(units).sort()).toEqual([service, timer]);
  expect(textOf(service)).toContain(` --root ${root} --client client1 `);
  expect(textOf(service)).toContain(`:${root}/client1/cryptosync/pw\n`);
  expect(textOf(service)).not.toContain(`${installation.root}/`);
  expect(fake.crontab()).toMatch(/^MAILTO=me\n/);
  expect(fake.crontab()).toContain(`verify --root ${root} --client client1 `);
  expect(fake.crontab()).not.toContain(`${installation.root} `);
  expect(fake.calls()).toEqual(
    expect.arrayContaining([
      `systemctl --user disable --now ${timer}`,
      `systemctl --user enable ${timer}`,
      `systemctl --user restart ${timer}`,
    ]),
  );
  expect(await findings(root)).toEqual([]);
  expect((await relocate(root)).json.profiles).toMatchObject([{ schedule: 'none' }]);
  await run('schedule', 'remove', '--client', 'client1', '--root', root);
  expect(readdirSync(units)).toEqual([]);
  expect(fake.crontab()).toBe('MAILTO=me\n');
});

it('comes along to another name, under which its units are', async ({ installation }) => {
  renameSync(installation.client('client1'), installation.client('client2'));
  const { json } = await relocate(installation.root, 'client2');
  expect(json.profiles).toMatchObject([{ schedule: 'carried' }]);
  expect(readdirSync(units).sort()).toEqual([
    'cryptosync-sync-client2-default.service',
    'cryptosync-sync-client2-default.timer',
  ]);
  expect(fake.crontab()).not.toContain('client1');
  expect(await findings(installation.root, 'client2')).toEqual([]);
});

it('stays where the old tree is still there, and what to type is told', async ({ installation }) => {
  const root = installation.path('copied');
  cpSync(installation.root, root, { recursive: true, mode: 0 });
  const before = [textOf(timer), textOf(service), fake.crontab()];
  const shown = await installation.cryptosync(['relocate', '--no-links', '-c', 'client1', '--root', root], {
    env: { PATH: `${fake.directory}:${process.env['PATH']}` },
  });
  expect([textOf(timer), textOf(service), fake.crontab()]).toEqual(before);
  expect(fake.calls().filter((call) => !call.includes('crontab -l'))).toEqual([]);
  const typed = [...shown.stdout.matchAll(/^ {4}cryptosync (.*)$/gm)].map(([, words = '']) =>
    words.split(' '),
  );
  expect(typed).toHaveLength(2);
  for (const [index, words] of typed.entries())
    expect(await run(...words, ...(index === 0 ? [] : ['--root', root]))).toMatchObject({ exitCode: 0 });
  expect(textOf(service)).toContain(` --root ${root} `);
  expect(await findings(root)).toEqual([]);
});

it('is not put on a machine on which it does not stand', async ({ installation }) => {
  const root = installation.path('arrived');
  renameSync(installation.root, root);
  rmSync(units, { recursive: true });
  fake.setCrontab('');
  expect((await relocate(root)).json.profiles).toMatchObject([{ schedule: 'absent' }]);
  expect([existsSync(units), fake.crontab()]).toEqual([false, '']);
  expect(await findings(root)).toContain('schedule-missing');
});

it('that can’t be brought along stops no relocation, and doctor brings it', async ({ installation }) => {
  const root = installation.path('moved');
  renameSync(installation.root, root);
  fake.fail('enable');
  const { json, exitCode } = await relocate(root);
  expect(exitCode).toBe(0);
  expect(json.profiles).toMatchObject([{ schedule: 'failed' }]);
  expect(json.notes).toEqual([expect.stringContaining('it is broken')]);
  rmSync(join(fake.directory, 'fail-enable'));
  fake.answer('is-enabled', 'disabled');
  expect(await findings(root)).toContain('schedule-off');
  await run('doctor', '--fix', '--no-check-remote', '--client', 'client1', '--root', root);
  fake.answer('is-enabled', 'enabled');
  expect(await findings(root)).toEqual([]);
  expect(textOf(service)).toContain(` --root ${root} `);
});

it('tells what was changed by hand, and leaves the unit of another root alone', async ({ installation }) => {
  const root = installation.path('moved');
  renameSync(installation.root, root);
  writeFileSync(join(units, timer), `${textOf(timer)}# ours\n`);
  mkdirSync(join(units, `${timer}.d`));
  const other = 'cryptosync-sync-other-default.service';
  writeFileSync(join(units, other), textOf(service).replace('client1/default', 'other/default'));
  expect((await relocate(root)).json.notes).toEqual([expect.stringContaining(join(units, timer))]);
  expect(readdirSync(units)).toContain(`${timer}.d`);
  expect(textOf(other)).toContain(`${installation.root} `);
});
