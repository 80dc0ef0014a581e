/** A client's tree that something else than this program brought to where it is; and imports that are killed. */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeFormerTree } from '../support/former-tree.ts';
import { createInstallation, type Installation, it as whole } from '../support/installation.ts';
import { unmountAllBelow } from '../support/machine.ts';
import { type CommandResult, program } from '../support/running-command.ts';
import { readTree } from '../support/tree.ts';
import { type ClientVault, installVault, openByHand } from '../support/vault.ts';

const checkout = join(import.meta.dirname, '../..');

let installation: Installation;
let vault: ClientVault;
let count = 0;

beforeAll(async () => {
  installation = createInstallation();
  vault = await installVault(installation);
  await vault.put({ 'a.txt': 'precious', 'below/b.txt': 'too' });
  await vault.succeed('sync');
});

afterAll(() => installation.cleanUp());

function newRoot(): string {
  count += 1;
  const root = installation.path(`root-${count}`);
  mkdirSync(root);
  return root;
}

/** Copies the client's three directories by tar, as an operator does. */
function copyTo(directory: string): void {
  mkdirSync(directory, { recursive: true });
  const from = installation.client('client1');
  const names = ['vault', 'rclone', 'cryptosync'];
  execFileSync('sh', ['-c', 'tar -c -C "$0" "$2" "$3" "$4" | tar -x -C "$1"', from, directory, ...names]);
  chmodSync(directory, 0o700);
}

const run = (root: string, ...args: string[]): Promise<CommandResult> =>
  installation.cryptosync([...args, '--root', root, '--json']);

/** A tree, but for what says when a command ran. */
const quiet = (directory: string): object =>
  Object.entries(readTree(directory)).filter(([name]) => !/\/state\/(locks\/|ledger-)/.test(`/${name}`));

/** All that lies in the original tree and on its remote. */
const original = (): object => [quiet(installation.root), quiet(vault.remoteDir)];

/** Commands that read a profile, and what each takes besides the client. */
const commands: readonly (readonly string[])[] = [
  ['mount'],
  ['unmount'],
  ['sync'],
  ['sync', '--direction', 'download', '--force'],
  ['install', '--no-links'],
  ['install', '--no-links', '--force'],
  ['install', '--no-links', '--from-remote'],
  ['restore'],
  ['generations'],
  ['config', 'list'],
  ['config', 'set', 'bwlimit', '1M'],
  ['passwd', '--new-password-file', '/dev/null'],
  ['uninstall', '--purge-vault', '--yes-delete', 'client1'],
  ['export', '--output', '/tmp/cryptosync-never.age', '--passphrase-file', '/dev/null'],
];

/** How a tree comes to a place that its profile does not name. */
const arrivals: readonly [string, () => { root: string; client: string; home: string }][] = [
  [
    'copied to another root',
    () => {
      const root = newRoot();
      copyTo(join(root, 'client1'));
      return { root, client: 'client1', home: installation.client('client1') };
    },
  ],
  [
    'copied to another root without its summary',
    () => {
      const root = newRoot();
      copyTo(join(root, 'client1'));
      rmSync(join(root, 'client1/cryptosync/summary.json'));
      return { root, client: 'client1', home: installation.client('client1') };
    },
  ],
  [
    'copied to another name',
    () => {
      copyTo(installation.client('client2'));
      return { root: installation.root, client: 'client2', home: installation.client('client1') };
    },
  ],
];

describe('a tree that was', () => {
  it.each(arrivals)(
    '%s is refused by every command, which names both places, and changes neither',
    async (_, arrive) => {
      const { root, client, home } = arrive();
      const before = [original(), quiet(join(root, client))];
      const tried = root === installation.root || !existsSync(join(root, client, 'cryptosync/summary.json'));
      for (const [command = '', ...flags] of tried ? commands.slice(0, 4) : commands) {
        const { json, exitCode } = await run(root, command, ...flags, '--client', client);
        const label = `${command} ${flags.join(' ')}`;
        expect(exitCode, label).toBe(10);
        const error = json.error ?? json.results?.[0].error;
        expect(error, label).toMatchObject({ code: 'CONFIG_INVALID', details: { home } });
        expect(error.message, label).toContain(join(root, client, 'vault/encrypted'));
        expect(error.hint, label).toContain(`cryptosync relocate --client ${client}`);
      }
      expect([original(), quiet(join(root, client))]).toEqual(before);
      const { json: found } = await run(root, 'doctor', '--client', client);
      expect(JSON.stringify(found)).toContain('profile-refused');
      expect((await run(root, 'relocate', '--no-links', '--client', client)).json).toMatchObject({
        from: home,
        profiles: [{ encryptedDir: join(root, client, 'vault/encrypted'), hasVault: true }],
        notes: [expect.stringContaining(home)],
      });
      const mounted = await run(root, 'mount', '--client', client);
      expect(mounted, mounted.stdout).toMatchObject({ exitCode: 0 });
      expect(readFileSync(join(root, client, 'vault/decrypted/a.txt'), 'utf8')).toBe('precious');
      unmountAllBelow(join(root, client));
      expect((await run(root, 'relocate', '--no-links', '--client', client)).json.from).toBe(null);
      expect(readTree(vault.encryptedDir)).toEqual(readTree(join(root, client, 'vault/encrypted')));
      if (root === installation.root) {
        execFileSync('chattr', ['-i', join(root, client, 'vault/decrypted')]);
        rmSync(join(root, client), { recursive: true });
      }
    },
  );

  it('moved, so that the old place is gone, is relocated as it is, and syncs on as the same machine', async () => {
    const old = newRoot();
    copyTo(join(old, 'client1'));
    await run(old, 'relocate', '--no-links', '--client', 'client1');
    await run(old, 'sync', '--client', 'client1');
    const root = installation.path('moved');
    renameSync(old, root);
    expect((await run(root, 'sync', '--client', 'client1')).json.results?.[0].error ?? {}).toMatchObject({
      details: { home: join(old, 'client1') },
    });
    const machine = readFileSync(join(root, 'client1/cryptosync/state/machine'), 'utf8');
    expect((await run(root, 'relocate', '--no-links', '--client', 'client1')).json.notes).toEqual([]);
    expect(readFileSync(join(root, 'client1/cryptosync/state/machine'), 'utf8')).toBe(machine);
    expect(await run(root, 'sync', '--client', 'client1')).toMatchObject({ exitCode: 0 });
    // the tree that it was copied from is behind now
    expect((await vault.run('sync')).json.results[0].error).toMatchObject({ code: 'REMOTE_AHEAD' });
    expect(await vault.run('sync', '--direction', 'download')).toMatchObject({ exitCode: 0 });
    await vault.succeed('mount');
    await vault.succeed('unmount');
  });

  it('copied without its vault says so, and makes none in the old place', async () => {
    const root = newRoot();
    copyTo(join(root, 'client1'));
    execFileSync('rm', ['-r', join(root, 'client1/vault')]);
    const before = original();
    const refused = await run(root, 'install', '--no-links', '--from-remote', '--client', 'client1');
    expect(refused.json.error.message).toContain('no vault lies beside it');
    const relocated = await installation.cryptosync([
      'relocate',
      '--no-links',
      '-c',
      'client1',
      '--root',
      root,
    ]);
    expect(relocated.stdout).toContain('cryptosync restore --client client1');
    expect(await run(root, 'restore', '--client', 'client1')).toMatchObject({ exitCode: 0 });
    expect(openByHand(installation, join(root, 'client1/vault/encrypted'))).toHaveProperty('a.txt');
    expect(original()).toEqual(before);
  });

  it.each([
    ['a level too deep', 'client1/client1', 'client1'],
    ['with the path that it had', 'client1/opt/agency_stack/clients/client1', 'client1'],
    ['beside its place', 'clients/client1', 'client1'],
    ['spread out in the root', '.', 'client1'],
  ])('unpacked %s does not become a new, empty vault', async (_, place, client) => {
    const root = newRoot();
    copyTo(join(root, place));
    const before = readTree(root);
    for (const command of [['install', '--no-links'], ['mount']]) {
      const { json } = await run(root, ...command, '--client', client);
      expect(json.error ?? json.results[0].error).toMatchObject({
        code: 'CONFIG_INVALID',
        details: { found: join(root, place) },
        hint: expect.stringContaining(join(root, client)),
      });
    }
    expect(readTree(root)).toEqual(before);
    const advice = (await run(root, 'install', '--no-links', '--client', client)).json.error.hint as string;
    execFileSync('sh', ['-c', advice.slice(advice.indexOf(place === '.' ? 'mkdir ' : 'mv '))]);
    expect(await run(root, 'relocate', '--no-links', '--client', client)).toMatchObject({ exitCode: 0 });
    expect(openByHand(installation, join(root, client, 'vault/encrypted'))).toHaveProperty('a.txt');
  });

  it('kept on another disk by its operator is left alone', async () => {
    const root = newRoot();
    copyTo(join(root, 'client1'));
    await run(root, 'relocate', '--no-links', '--client', 'client1');
    const elsewhere = installation.path('disk/client1/vault/encrypted');
    mkdirSync(dirname(elsewhere), { recursive: true });
    renameSync(join(root, 'client1/vault/encrypted'), elsewhere);
    expect(await run(root, 'config', 'set', 'encryptedDir', elsewhere, '--client', 'client1')).toMatchObject({
      exitCode: 0,
    });
    expect(await run(root, 'mount', '--client', 'client1')).toMatchObject({ exitCode: 0 });
    unmountAllBelow(root);
  });
});

describe('docs/moving-to-a-new-server.md', () => {
  const page = readFileSync(join(checkout, 'docs/moving-to-a-new-server.md'), 'utf8');

  /** The blocks of a section, as they stand there. */
  function blocksOf(heading: string): string[] {
    const section = page.slice(page.indexOf(`\n## ${heading}\n`) + 1);
    const end = section.indexOf('\n## ');
    return [...section.slice(0, end < 0 ? undefined : end).matchAll(/```sh\n([\s\S]*?)```/g)].map(
      ([, block = '']) => block,
    );
  }

  /** Types a block on a machine of its own root, where `cryptosync` is on PATH. */
  function type(block: string, root: string, stick: string): void {
    const bin = installation.path('typing');
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, 'cryptosync'), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`, {
      mode: 0o755,
    });
    const typed = block
      .replaceAll('/opt/agency_stack/clients', root)
      .replaceAll('/mnt/stick', stick)
      .replaceAll('/mnt/backup/client1', vault.remoteDir);
    execFileSync('sh', ['-e', '-c', typed], {
      env: {
        ...installation.environment,
        PATH: `${bin}:${installation.environment['PATH']}`,
        CRYPTOSYNC_ROOT: root,
        CRYPTOSYNC_PASSPHRASE: 'five words, none of them wrong',
      },
      stdio: 'pipe',
    });
  }

  it.each(['One encrypted file', 'Back from the remote', 'Plain copies of the three directories'])(
    'brings the client to another root as it stands there: %s',
    (heading) => {
      const stick = installation.path(`stick-${count}`);
      mkdirSync(stick);
      const root = newRoot();
      const blocks = blocksOf(heading);
      expect(blocks.length).toBeGreaterThan(0);
      for (const [index, block] of blocks.entries())
        type(block, index === 0 && blocks.length > 1 ? installation.root : root, stick);
      expect(readFileSync(join(root, 'client1/vault/decrypted/below/b.txt'), 'utf8')).toBe('too');
      unmountAllBelow(root);
      const ciphertext = readTree(join(root, 'client1/vault/encrypted'));
      expect(ciphertext).toEqual(readTree(vault.encryptedDir));
    },
  );
});

describe("a former script's tree", () => {
  whole(
    'that was copied to another root is told by install, which takes no vault of the old place',
    async ({ installation: place }) => {
      const former = await writeFormerTree(place, { files: { 'a.txt': 'precious' } });
      const root = place.path('another');
      execFileSync('sh', ['-c', 'mkdir "$1" && cp -a "$0" "$1/"', former.directory, root]);
      const before = [readTree(former.directory), readTree(root)];
      const install = (): Promise<CommandResult> =>
        place.cryptosync(['install', '--no-links', '-c', 'client1', '--root', root, '--json']);
      const { error } = (await install()).json;
      const file = join(root, 'client1/cryptosync/config/cryptosync.default.conf');
      expect(error).toMatchObject({ code: 'CONFIG_INVALID', details: { home: former.directory } });
      expect(error.message).toContain(join(root, 'client1/vault/encrypted'));
      expect(error.hint).toContain(file);
      expect([readTree(former.directory), readTree(root)]).toEqual(before);
      writeFileSync(file, readFileSync(file, 'utf8').replaceAll(former.directory, join(root, 'client1')));
      expect((await install()).json).toMatchObject({ encryptedDir: join(root, 'client1/vault/encrypted') });
    },
  );
});
