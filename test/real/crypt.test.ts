import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CryptSettings, cryptRemote } from '../../src/remotes/crypt.ts';
import { inPlace } from '../../src/remotes/open-place.ts';
import { rclone } from '../../src/remotes/rclone/call.ts';
import { type Remote, rclonePath } from '../../src/remotes/remote.ts';
import { filenameEncryptionModes } from '../../src/remotes/tuning.ts';
import { generateEncryptionKey, validateEncryptionKey } from '../../src/secrets/encryption-key.ts';
import { cleanEnvironment } from '../support/serve.ts';

const dependencies = { environment: cleanEnvironment };
const keyText = generateEncryptionKey();
const saltText = generateEncryptionKey();
const modes: CryptSettings[] = filenameEncryptionModes.flatMap((filenameEncryption) => [
  { filenameEncryption, directoryNameEncryption: true },
  { filenameEncryption, directoryNameEncryption: false },
]);
const content: Record<string, string> = {
  'a.txt': 'one',
  'déjà vu/ü 😀.txt': 'two',
  'deep/er/zero': '',
  '-x': 'four',
};

let workspace: string;
let source: string;
let target: string;
let base: Remote;

beforeEach(() => {
  workspace = mkdtempSync(join(tmpdir(), 'cryptosync-crypt-'));
  source = join(workspace, 'source');
  target = join(workspace, 'target');
  for (const [name, text] of Object.entries(content)) write(source, name, text);
  mkdirSync(target);
  const configFile = join(workspace, 'rclone.conf');
  writeFileSync(configFile, '[my disk.1]\ntype = local\n');
  base = { name: 'my disk.1', type: 'local', path: target, configFile };
});
afterEach(() => rmSync(workspace, { recursive: true, force: true }));

function write(directory: string, name: string, text: string): void {
  mkdirSync(join(directory, name, '..'), { recursive: true });
  writeFileSync(join(directory, name), text);
}

const filesIn = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();

const view = (settings: CryptSettings): Remote =>
  cryptRemote(base, settings, {
    key: validateEncryptionKey(keyText),
    salt: validateEncryptionKey(saltText, 'salt'),
  });

async function run(remote: Remote, ...args: string[]): Promise<string> {
  const { configFile, environment } = remote;
  const result = await rclone({ args, configFile, environment, deadline: 30_000 }, dependencies);
  expect(result.errors).toEqual([]);
  expect(result.exitCode).toBe(0);
  return result.stdout;
}

/** A configuration as an operator makes it by hand: rclone obscures the same texts, with a random vector. */
function handMade(settings: CryptSettings): string {
  const obscured = (text: string): string =>
    execFileSync('rclone', ['obscure', '-'], { input: text, encoding: 'utf8' }).trim();
  const path = join(workspace, 'by-hand.conf');
  writeFileSync(
    path,
    [
      '[hand]',
      'type = crypt',
      `remote = ${target}`,
      `filename_encryption = ${settings.filenameEncryption}`,
      `directory_name_encryption = ${settings.directoryNameEncryption}`,
      `password = ${obscured(keyText)}`,
      `password2 = ${obscured(saltText)}`,
      '',
    ].join('\n'),
  );
  return path;
}

describe.each(modes)(
  'a crypt remote with $filenameEncryption names, directories $directoryNameEncryption',
  (settings) => {
    it('is opened by any rclone that is told the same texts, and opens what that one wrote', async () => {
      const remote = view(settings);
      const byHand: Remote = { name: 'hand', type: 'crypt', path: '', configFile: handMade(settings) };
      await run(remote, 'sync', source, rclonePath(remote));
      await run(byHand, 'sync', 'hand:', join(workspace, 'back'));
      await run(byHand, 'copyto', join(source, 'a.txt'), 'hand:from hand');
      const names = Object.keys(content).sort();
      expect(filesIn(join(workspace, 'back'))).toEqual(names);
      for (const name of names)
        expect(readFileSync(join(workspace, 'back', name), 'utf8')).toBe(content[name]);
      expect(await run(remote, 'cat', rclonePath(remote, 'from hand'))).toBe('one');
      const raw = filesIn(target);
      for (const name of raw) expect(readFileSync(join(target, name), 'latin1')).toMatch(/^RCLONE\0\0/);
      if (settings.filenameEncryption !== 'off') expect(raw).not.toContain('a.txt');
    });

    it('keeps what is ours through the layer, and moves and removes there', async () => {
      await inPlace(view(settings), dependencies, async (place) => {
        await place.write('.cryptosync/marker.json', Buffer.from('{"generation":1}'));
        await run(view(settings), 'copy', source, rclonePath(view(settings)));
        expect(await place.move('a.txt', '.cryptosync/trash/2/a.txt')).toBe(true);
        expect(await place.move('a.txt', '.cryptosync/trash/2/a.txt')).toBe(false);
        expect((await place.read('.cryptosync/trash/2/a.txt', 100))?.toString()).toBe('one');
        expect((await place.read('.cryptosync/marker.json', 100))?.toString()).toBe('{"generation":1}');
        const listed: string[] = [];
        await place.list(({ path, kind }) => void (kind === 'file' && listed.push(path)));
        expect(listed.sort()).toEqual(
          Object.keys(content)
            .filter((name) => name !== 'a.txt')
            .sort(),
        );
        await place.removeTree('.cryptosync/trash');
        expect(await place.names('.cryptosync/trash')).toEqual([]);
      });
      for (const name of filesIn(target))
        expect(readFileSync(join(target, name), 'latin1')).toMatch(/^RCLONE\0\0/);
    });
  },
);

describe('a crypt remote from run to run', () => {
  it('lets bisync find its state again', async () => {
    const settings = { filenameEncryption: 'standard', directoryNameEncryption: true } as const;
    const bisync = (...more: string[]): Promise<string> => {
      const remote = view(settings);
      return run(
        remote,
        'bisync',
        source,
        rclonePath(remote),
        '--workdir',
        join(workspace, 'state'),
        ...more,
      );
    };
    await bisync('--resync');
    write(source, 'new here', 'five');
    await bisync();
    const remote = view(settings);
    await run(remote, 'copyto', join(source, 'a.txt'), rclonePath(remote, 'new there'));
    await bisync();
    expect(await run(remote, 'cat', rclonePath(remote, 'new here'))).toBe('five');
    expect(readFileSync(join(source, 'new there'), 'utf8')).toBe('one');
  });

  it('is not changed by a section of its name in rclone.conf', async () => {
    const remote = view({ filenameEncryption: 'off', directoryNameEncryption: true });
    const section = [
      `[${remote.name}]`,
      'type = crypt',
      'no_data_encryption = true',
      'show_mapping = true',
      '',
    ];
    writeFileSync(base.configFile, `${readFileSync(base.configFile, 'utf8')}${section.join('\n')}`);
    await run(remote, 'copyto', join(source, 'a.txt'), rclonePath(remote, 'a.txt'));
    expect(readFileSync(join(target, 'a.txt.bin'), 'latin1')).toMatch(/^RCLONE\0\0/);
  });
});
