/** What must hold on every storage, through the built command: written once, run against each real server. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filenameEncryptionModes } from '../../src/remotes/tuning.ts';
import { generateEncryptionKey } from '../../src/secrets/encryption-key.ts';
import { createInstallation, type Installation } from './installation.ts';
import { waitUntil } from './machine.ts';
import type { CommandResult } from './running-command.ts';
import { sampleFiles } from './sample-files.ts';
import { snapshot } from './snapshot.ts';
import { type Storage, type StorageKind, startStorage } from './storage.ts';
import { installTenant, type Keys, type Tenant, type TenantOptions } from './tenant.ts';
import { readTree } from './tree.ts';
import { editProfile, vaultOf } from './vault.ts';

/** A storage with one installation on this machine, and another on the machine that comes after it. */
export interface Scene {
  readonly storage: Storage;
  readonly here: Installation;
  readonly elsewhere: Installation;
}

/** Starts a storage before the tests of a file, and takes everything away after them. */
export function withStorage(kind: StorageKind): Scene {
  const scene: { -readonly [Name in keyof Scene]?: Scene[Name] } = {};
  beforeAll(async () => {
    scene.here = createInstallation();
    scene.elsewhere = createInstallation();
    scene.storage = await startStorage(kind, scene.here.path('storage'));
  });
  afterAll(async () => {
    await scene.storage?.close();
    await scene.here?.cleanUp();
    await scene.elsewhere?.cleanUp();
  });
  return scene as Scene;
}

/** The same client on another machine: its configuration was kept, its files were not. */
async function installElsewhere(
  { here, elsewhere, storage }: Scene,
  options: TenantOptions,
): Promise<Tenant> {
  const tenant = await installTenant(elsewhere, storage, options);
  const { vaultId } = JSON.parse(readFileSync(vaultOf(here, options.name).profileFile, 'utf8'));
  editProfile(vaultOf(elsewhere, options.name), { vaultId });
  return tenant;
}

const freshKeys = (): Keys => ({ key: generateEncryptionKey(), salt: generateEncryptionKey() });

/** Upload, edit, upload, and download elsewhere: with names and sizes that remotes stumble over. */
export function goesThereAndBack(scene: Scene, name: string, options: Omit<TenantOptions, 'name'>): void {
  it(`brings every file there and back, edits that keep their size included, ${name}`, async () => {
    const tenantOptions = { ...options, name };
    const tenant = await installTenant(scene.here, scene.storage, tenantOptions);
    const { source } = tenant;
    sampleFiles(source);
    symlinkSync('with spaces and (signs) #%&+=;,!', join(source, 'link'));
    symlinkSync('/nowhere/at/all', join(source, 'ünïcödé', 'dangling link'));
    const count = Object.keys(readTree(source)).length;
    expect(await tenant.succeed()).toMatchObject({
      outcome: 'synced',
      filesTransferred: count,
      consistent: true,
      generation: 1,
    });
    expect(await tenant.succeed()).toMatchObject({
      outcome: 'unchanged',
      filesTransferred: 0,
      generation: 1,
    });
    writeFileSync(join(source, 'plain'), 'PLAIN', { flag: 'r+' });
    rmSync(join(source, 'empty'), { recursive: true });
    expect(await tenant.succeed()).toMatchObject({
      outcome: 'synced',
      filesTransferred: 1,
      deleted: 1,
      generation: 2,
    });
    const other = await installElsewhere(scene, tenantOptions);
    expect(await other.succeed('--direction', 'download')).toMatchObject({
      outcome: 'synced',
      direction: 'download',
      filesTransferred: count - 1,
      generation: 2,
    });
    expect(readTree(other.source)).toEqual(readTree(source));
    expect(await other.succeed('--direction', 'download')).toMatchObject({ outcome: 'unchanged' });
  });
}

/** A name that the remote can't hold stays here and is told; everything else goes. @param path one such, of at most 255 bytes a name */
export function namesWhatItCantHold(
  scene: Scene,
  name: string,
  path: string,
  options: Omit<TenantOptions, 'name'>,
): void {
  it(`carries all but a name that it can't hold, and tells it, ${name}`, async () => {
    const tenant = await installTenant(scene.here, scene.storage, { ...options, name });
    for (const [file, text] of Object.entries({ 'a file': 'one', [path]: 'two' })) {
      mkdirSync(join(tenant.source, file, '..'), { recursive: true });
      writeFileSync(join(tenant.source, file), text);
    }
    const source = snapshot(tenant.source);
    for (const generation of [1, 1]) {
      const { exitCode, json } = await tenant.sync([]);
      expect([exitCode, json.results?.[0]?.error?.code]).toEqual([14, 'SYNC_FAILED']);
      const { notCarried } = json.results[0];
      expect(notCarried.at(-1)).toEqual({
        path,
        why: expect.stringContaining('takes no name of this length'),
      });
      expect(json.results[0]).toMatchObject({ consistent: false, generation });
      expect(snapshot(tenant.source)).toEqual(source);
    }
    rmSync(join(tenant.source, path.split('/')[0] ?? ''), { recursive: true });
    expect(await tenant.succeed()).toMatchObject({ consistent: true, filesTransferred: 0 });
  });
}

/** Every direction with a wrong key, a wrong salt and none at all: exit 12, and both sides as they were. */
export function refusesWrongKeys(scene: Scene): void {
  describe.each(filenameEncryptionModes)('a wrong key with %s names', (filenameEncryption) => {
    const right = freshKeys();
    let tenant: Tenant;
    beforeAll(async () => {
      const name = `keys-${filenameEncryption}`;
      tenant = await installTenant(scene.here, scene.storage, { name, filenameEncryption, keys: right });
      sampleFiles(tenant.source);
      await tenant.succeed();
      writeFileSync(join(tenant.source, 'changed since'), 'so that there is something to do');
    });

    it.each(['upload', 'download', 'bidirectional'])('is refused in direction %s', async (direction) => {
      const sides = () => [snapshot(scene.storage.directory), snapshot(tenant.source)];
      const before = sides();
      const wrong: Keys[] = [
        { ...right, key: generateEncryptionKey() },
        { ...right, salt: generateEncryptionKey() },
      ];
      if (direction === 'upload') wrong.push({ key: right.key });
      for (const keys of wrong) {
        const result = await tenant.sync(['--direction', direction, '--force', '--max-delete', '100%'], keys);
        expect(codeOf(result)).toEqual([12, 'DECRYPTION_FAILED']);
        expect(result.json.results[0].outcome).toBe('refused');
        expect(sides()).toEqual(before);
      }
    });
  });
}

function codeOf({ exitCode, json }: CommandResult): [number | null, string] {
  return [exitCode, json.error?.code];
}

/** Some seconds at the rate below. */
const bulkFiles = 30;
const bulkSize = 200_000;
const slowly = ['--bwlimit', '2M'];
/** Bytes after which a transfer is in full swing. */
const inFullSwing = 1_500_000;

/** The server goes away in the middle of it, or the line does: the run goes on, or the next one completes it. */
export function survivesOutages(scene: Scene): void {
  describe('an outage in the middle of a transfer', () => {
    const name = 'outage';
    const keys = freshKeys();
    const options = { name, filenameEncryption: 'standard', keys } as const;
    let tenant: Tenant;
    beforeAll(async () => {
      tenant = await installTenant(scene.here, scene.storage, options);
      for (let index = 0; index < bulkFiles; index += 1)
        writeFileSync(join(tenant.source, `file ${index}`), randomBytes(bulkSize));
    });

    /** Starts a sync, and does something to its line when enough has gone over it. */
    async function disturb(
      who: Tenant,
      args: readonly string[],
      way: 'received' | 'delivered',
      disturbance: () => void | Promise<void>,
    ): Promise<CommandResult> {
      const { connection } = scene.storage;
      const begun = connection?.[way] ?? 0;
      const running = who.start([...args, ...slowly]);
      expect(await waitUntil(() => (connection?.[way] ?? 0) - begun > inFullSwing, 30_000)).toBe(true);
      await disturbance();
      return await running.finished;
    }

    it('is survived by an upload when the line is cut for a moment', async () => {
      const { connection } = scene.storage;
      const result = await disturb(tenant, [], 'received', () => connection?.setManner('open'));
      expect(result.stderr + result.stdout).toMatch(/synced/);
      expect(result.exitCode).toBe(0);
      expect(result.json.results[0]).toMatchObject({ outcome: 'synced', generation: 1 });
      for (let index = 0; index < bulkFiles; index += 1)
        writeFileSync(join(tenant.source, `file ${index}`), randomBytes(bulkSize + 1));
    });

    it('is survived by an upload when the server is killed and comes back', async () => {
      const result = await disturb(tenant, [], 'received', () => scene.storage.restart(500));
      expect(codeOf(result)).toEqual([0, undefined]);
      expect(result.json.results[0]).toMatchObject({ outcome: 'synced', generation: 2 });
    });

    it('leaves a download as it was when the server stays away, and the next one completes', async () => {
      const { connection } = scene.storage;
      const other = await installElsewhere(scene, options);
      writeFileSync(join(other.source, 'older'), 'what was there');
      const before = snapshot(other.source);
      const download = ['--direction', 'download', '--force'];
      const result = await disturb(other, download, 'delivered', () => connection?.setManner('refuse'));
      expect(codeOf(result)).toEqual([14, 'REMOTE_UNREACHABLE']);
      expect(snapshot(other.source)).toEqual(before);
      connection?.setManner('open');
      expect(await other.succeed(...download)).toMatchObject({ outcome: 'synced', generation: 2 });
      expect(readTree(other.source)).toEqual(readTree(tenant.source));
    });

    it('tells a wrong key from a remote that can not be asked, and from damage', async () => {
      const { connection } = scene.storage;
      const wrong = { ...keys, key: generateEncryptionKey() };
      expect(codeOf(await tenant.sync([], wrong))).toEqual([12, 'DECRYPTION_FAILED']);
      connection?.setManner('refuse');
      expect(codeOf(await tenant.sync([], wrong))).toEqual([14, 'REMOTE_UNREACHABLE']);
      connection?.setManner('open');
      const damage = flipByte(keyCheckObject(scene.storage, name), 60);
      expect(codeOf(await tenant.sync([]))).toEqual([16, 'VERIFY_FAILED']);
      damage.mend();
      expect(await tenant.succeed()).toMatchObject({ outcome: 'unchanged' });
    });
  });
}

/** The key check object of a place, as its server keeps it. */
function keyCheckObject({ directory }: Storage, name: string): string {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.split('/').includes(name))
    .map((path) => join(directory, path));
  return files.find((path) => statSync(path).size === 131_136) ?? '';
}

function flipByte(file: string, position: number): { mend(): void } {
  const intact = readFileSync(file);
  const damaged = Buffer.from(intact);
  damaged.writeUInt8(damaged.readUInt8(position) ^ 1, position);
  writeFileSync(file, damaged);
  return { mend: () => writeFileSync(file, intact) };
}
