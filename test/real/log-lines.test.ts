/** Every command that changes something says in the log that it begins and how it ended; the others say nothing. */
import { chmodSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import { type Installation, it } from '../support/installation.ts';
import { workloadOn } from '../support/platform.ts';
import { openTerminal } from '../support/terminal.ts';
import { installVault, vaultOf } from '../support/vault.ts';

const manifest = JSON.parse(readFileSync(new URL('../../oclif.manifest.json', import.meta.url), 'utf8')) as {
  readonly commands: Readonly<Record<string, unknown>>;
};
const profile = ['--client', 'client1'];

interface Call {
  readonly args: readonly string[];
  /** How its lines begin, after the level. */
  readonly subject: string;
  /** As the log calls it, where that is not the command. */
  readonly operation?: string;
}

const edited = (args: readonly string[], subject: string): Call => ({ args, subject, operation: 'config' });

const scheduled = (args: readonly string[]): Call => ({
  args,
  subject: 'client1/default',
  operation: args.slice(0, 2).join(' '),
});

const workload = (...args: readonly string[]): Call => ({
  args: ['workload', ...args, '--workloads', 'WORKLOADS'],
  subject: 'workload site',
  operation: 'workload',
});

const passphrase = ['--passphrase-file', 'PASSPHRASE'];

/** In an order in which each has something to do. */
const changing: readonly Call[] = [
  { args: ['install', ...profile, '--no-links', '--auto-mount'], subject: 'client1/default' },
  { args: ['unmount', ...profile], subject: 'client1/default' },
  { args: ['mount', ...profile], subject: 'client1/default' },
  { args: ['sync', ...profile], subject: 'client1/default' },
  { args: ['unmount', ...profile], subject: 'client1/default' },
  { args: ['verify', ...profile], subject: 'client1/default' },
  { args: ['recovery-sheet', ...profile], subject: 'client1/default' },
  { args: ['restore', ...profile], subject: 'client1/default' },
  { args: ['export', ...profile, ...passphrase, '--output', 'EXPORT'], subject: 'client1' },
  { args: ['passwd', ...profile, '--new-password-file', 'PASSWORD'], subject: 'client1/default' },
  edited(['config', 'set', 'idle', '1h', ...profile], 'client1/default'),
  edited(['config', 'unset', 'idle', ...profile], 'client1/default'),
  edited(['config', 'set', 'client', 'client1', '--global'], 'settings'),
  edited(['config', 'unset', 'client', '--global'], 'settings'),
  workload('set', 'site', '--from', 'WORKLOAD'),
  workload('set', 'site', 'policy.interval', '5m'),
  workload('unset', 'site', 'policy.interval'),
  workload('remove', 'site'),
  { args: ['rclone-config', ...profile, '--', 'create', 'x', 'alias', 'remote=/srv'], subject: 'client1' },
  { args: ['completions', 'install', '--shell', 'bash', '--dir', 'COMPLETIONS'], subject: 'bash' },
  scheduled(['schedule', 'add', ...profile, '--sync', '02:30', '--using', 'systemd', '--dir', 'UNITS']),
  scheduled(['schedule', 'remove', ...profile]),
  { args: ['doctor', ...profile, '--fix'], subject: 'client1' },
  { args: ['uninstall', ...profile], subject: 'client1/default' },
  { args: ['import', 'EXPORT', ...passphrase, '--no-links', '--root', 'OTHER-ROOT'], subject: 'client1' },
  { args: ['relocate', '--client', 'renamed', '--no-links', '--root', 'OTHER-ROOT'], subject: 'renamed' },
];

/** Those without a row, and why. */
const others: Readonly<Record<string, string>> = {
  config: 'is an operator in an editor, in the next test',
  serve: 'logs each session that it has, not itself',
  'workload:show': 'changes nothing, and needs one that is there',
  'session:claim': 'asks a server, which logs',
  'session:list': 'asks a server, which logs',
  'session:release': 'asks a server, which logs',
  'session:status': 'asks a server, which logs',
  'session:sync': 'asks a server, which logs',
};

/** What changes nothing has nothing to tell; a command that stands here alone changes nothing whatever it is given. */
const reading = [
  ['status', '--all'],
  ['generations', ...profile],
  ['history', ...profile],
  ['report', ...profile],
  ['config', 'get', 'engine', ...profile],
  ['config', 'list', ...profile],
  ['config', 'path', ...profile],
  ['help', 'topics'],
  ['workload', 'list', '--workloads', '/nowhere'],
  ['workload', 'check', '--workloads', '/nowhere'],
  ['completions', 'bash'],
  ['key', 'generate'],
  ['install', '--client', 'new', '--no-links', '--dry-run'],
  ['sync', ...profile, '--dry-run'],
  ['uninstall', ...profile, '--dry-run'],
  ['schedule', 'list', '--all'],
  ['schedule', 'render', ...profile, '--sync', '02:30', '--using', 'systemd'],
  ['doctor', ...profile],
];

/** What a call has written into the log. */
async function logOf(installation: Installation, run: () => Promise<unknown>): Promise<string[]> {
  writeFileSync(installation.logFile, '');
  await run();
  const text = readFileSync(installation.logFile, 'utf8').trim();
  return text === '' ? [] : text.split('\n').map((line) => line.replace(/^\[[^\]]*\] /, ''));
}

function expectBothEnds(lines: readonly string[], { subject, operation, args }: Call): void {
  const name = operation ?? args.slice(0, args[0] === 'completions' ? 2 : 1).join(' ');
  expect([args, lines[0]]).toEqual([args, expect.stringMatching(`^\\[INFO\\] ${subject}: ${name} begins`)]);
  expect([args, lines.at(-1)]).toEqual([
    args,
    expect.stringMatching(`^\\[INFO\\] ${subject}: ${name} ended: `),
  ]);
}

it('a command that changes something, each of them', async ({ installation }) => {
  await installVault(installation);
  const paths: Readonly<Record<string, string>> = {
    PASSWORD: installation.path('new-password'),
    PASSPHRASE: installation.path('passphrase'),
    COMPLETIONS: installation.path('completions'),
    UNITS: installation.path('units'),
    EXPORT: installation.path('client1.age'),
    'OTHER-ROOT': installation.path('other-root'),
    WORKLOADS: installation.path('workloads'),
    WORKLOAD: installation.path('workload.json'),
  };
  const site = workloadOn(installation.path('sink'));
  writeFileSync(paths['WORKLOAD'] ?? '', JSON.stringify(site), { mode: 0o600 });
  for (const name of ['PASSWORD', 'PASSPHRASE'])
    writeFileSync(paths[name] ?? '', 'another one, and long enough', { mode: 0o600 });
  for (const call of changing) {
    // something for the doctor to mend
    if (call.args[0] === 'doctor')
      chmodSync(installation.client('client1', 'cryptosync', 'summary.json'), 0o644);
    if (call.args[0] === 'relocate')
      renameSync(installation.path('other-root', 'client1'), installation.path('other-root', 'renamed'));
    const args = call.args.map((word) => paths[word] ?? word);
    const lines = await logOf(installation, async () => {
      const result = await installation.cryptosync(args);
      if (call.args[0] !== 'doctor') expect(result, result.stderr).toMatchObject({ exitCode: 0 });
    });
    expectBothEnds(lines, call);
  }
});

it('no command is missing here', () => {
  const known = Object.keys(manifest.commands);
  const named = [...changing.map(({ args }) => args), ...reading].map(
    (args) => known.find((id) => id === args.slice(0, 2).join(':')) ?? args[0],
  );
  expect([...new Set([...named, ...Object.keys(others)])].sort()).toEqual(known.sort());
});

it('a configuration that is edited, of a profile and of all', async ({ installation }) => {
  await installVault(installation);
  const editor = installation.path('editor');
  for (const [call, text] of [
    [edited(['config', '--global'], 'settings'), '{"client":"client1"}'],
    [edited(['config', ...profile], 'client1/default'), undefined],
  ] as const) {
    const file = vaultOf(installation, 'client1').profileFile;
    const content = text ?? JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), idle: '1h' });
    writeFileSync(installation.path('edited'), content);
    writeFileSync(editor, `#!/bin/sh\ncp '${installation.path('edited')}' "$1"\n`, { mode: 0o755 });
    const lines = await logOf(installation, async () => {
      const terminal = openTerminal(installation, call.args, { EDITOR: editor });
      expect(await terminal.exitCode()).toBe(0);
    });
    expectBothEnds(lines, call);
  }
});

it('and none that only looks', async ({ installation }) => {
  const vault = await installVault(installation);
  await vault.put({ 'a.txt': 'a' });
  await vault.succeed('sync');
  for (const args of reading) {
    const lines = await logOf(installation, () => installation.cryptosync(args));
    expect([args, lines]).toEqual([args, []]);
  }
});

it('one that fails on its way says why it ended, and one that fails before that it did', async ({
  installation,
}) => {
  const vault = await installVault(installation);
  const env = { CRYPTOSYNC_PASSWORD: 'wrong' };
  const begun = await logOf(installation, () => installation.cryptosync(['mount', ...profile], { env }));
  expect(begun.at(-1)).toMatch(/^\[ERROR\] client1\/default: mount ended: failed: WRONG_PASSWORD /);
  writeFileSync(installation.path('completions'), '');
  const blocked = [
    'completions',
    'install',
    '--shell',
    'bash',
    '--dir',
    installation.path('completions', 'x'),
  ];
  const failed = await logOf(installation, () => installation.cryptosync(blocked));
  expect(failed.at(-1)).toMatch(
    /^\[ERROR\] (bash: completions install ended: failed|completions install failed): /,
  );
  writeFileSync(vault.profileFile, '{');
  const unread = await logOf(installation, () => installation.cryptosync(['uninstall', ...profile]));
  expect(unread).toEqual([expect.stringMatching(/^\[ERROR\] client1: uninstall failed: CONFIG_INVALID /)]);
});
