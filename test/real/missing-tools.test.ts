import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInstallation, type Installation } from '../support/installation.ts';
import { mountsBelow } from '../support/machine.ts';
import { ownMounts } from '../support/mount-namespace.ts';
import { allTools, pathWith, toolOnThisMachine } from '../support/recording-tools.ts';
import { type CommandResult, program } from '../support/running-command.ts';
import { snapshot } from '../support/snapshot.ts';
import { type ClientVault, installVault } from '../support/vault.ts';

let installation: Installation;
let vault: ClientVault;

beforeAll(async () => {
  installation = createInstallation();
  vault = await installVault(installation, 'a');
  await vault.put({ file: 'content' });
});

afterAll(() => installation.cleanUp());

const everything = (): string[] => [...snapshot(installation.root), ...mountsBelow(installation.directory)];

describe('a machine without', () => {
  it.each([
    [
      'gocryptfs',
      [
        ['install', 'new'],
        ['mount', 'a'],
      ],
    ],
    [
      'fusermount3',
      [
        ['install', 'new'],
        ['mount', 'a'],
      ],
    ],
    [
      'flock',
      [
        ['install', 'new'],
        ['mount', 'a'],
      ],
    ],
    ['rclone', [['install', 'new']]],
  ])('%s is told which package to install, before any question, and nothing changes', async (tool, runs) => {
    const PATH = pathWith(
      installation.path(`without-${tool}`),
      allTools.filter((name) => name !== tool),
    );
    const env = { PATH, CRYPTOSYNC_PASSWORD: undefined };
    const before = everything();
    for (const [command = '', client = ''] of runs) {
      const links = command === 'install' ? ['--no-links'] : [];
      const result = await installation.cryptosync([command, '--client', client, '--json', ...links], {
        env,
      });
      expect(result, result.stdout).toMatchObject({ exitCode: 11 });
      expect(result.json.error).toMatchObject({
        code: 'TOOL_MISSING',
        exit: 11,
        message: `not found on PATH: ${tool}`,
        details: { tools: [tool] },
      });
      expect(result.json.error.hint).toMatch(/^Install (gocryptfs|fuse3|util-linux|rclone)\b/);
    }
    expect(everything()).toEqual(before);
    const status = await installation.cryptosync(['status', '--client', 'a', '--json'], { env });
    expect(status.json.vaults[0]).toMatchObject({ state: 'unmounted' });
  });

  it('rclone says so at a sync, whose remote is left as it is', async () => {
    const PATH = pathWith(
      installation.path('no-rclone'),
      allTools.filter((name) => name !== 'rclone'),
    );
    const other = await installation.cryptosync([
      'install',
      '--client',
      'dav',
      '--no-links',
      '--remote-type',
      'webdav',
      '--remote-option',
      'url=http://127.0.0.1:9/',
    ]);
    expect(other, other.stderr).toMatchObject({ exitCode: 0 });
    for (const client of ['a', 'dav']) {
      const result = await installation.cryptosync(['sync', '--client', client, '--json'], { env: { PATH } });
      expect(result, result.stdout).toMatchObject({
        exitCode: 11,
        json: { error: { code: 'TOOL_MISSING' } },
      });
    }
    expect(existsSync(vault.remoteDir)).toBe(false);
  });
});

/** Runs the command where mounts and devices are its own: a script sets them up first. */
function inNamespace(script: string, args: readonly string[]): Promise<CommandResult> {
  const words = [...ownMounts(script), process.execPath, program];
  const { environment } = installation;
  return installation.runProgram(toolOnThisMachine('unshare'), [...words, ...args, '--json'], {
    environment,
  });
}

describe('a machine without FUSE', () => {
  const hide = `mount -t tmpfs none /mnt && touch /mnt/null && mount --bind /dev/null /mnt/null && mount --rbind /mnt /dev`;
  it('is told to load the module, and nothing changes', async () => {
    const before = everything();
    for (const args of [
      ['install', '--client', 'new', '--no-links'],
      ['mount', '--client', 'a'],
    ]) {
      const { exitCode, json } = await inNamespace(hide, args);
      expect(exitCode).toBe(11);
      expect(json.error).toMatchObject({ code: 'FUSE_UNAVAILABLE', exit: 11 });
      expect(json.error.hint).toContain('modprobe fuse');
      expect(snapshot(installation.client('a', 'vault'))).toEqual(
        before.filter((line) => line.startsWith('a/vault/')).map((line) => line.slice('a/vault/'.length)),
      );
    }
    expect(existsSync(installation.client('new'))).toBe(false);
    expect(execFileSync('ls', ['-l', '/dev/fuse']).toString()).toMatch(/^c/);
  });
});
