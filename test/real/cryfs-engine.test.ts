/**
 * Vaults on the real CryFS (docs/hazards.md, C1 to C10), without the command around them. The tests go on with one
 * vault, in order, and each leaves it unmounted.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { Secret } from '../../src/secrets/secret.ts';
import { toCryptosyncError } from '../../src/system/errors.ts';
import { cryfsEngine } from '../../src/vaults/engines/cryfs.ts';
import { defaultMountOptions } from '../../src/vaults/engines/engine.ts';
import { stateOfVault, unmountVault, type Vault } from '../../src/vaults/mounting.ts';
import { adoptOutsideConfig } from '../../src/vaults/outside-config.ts';
import { inspectEncryptedDirectory } from '../../src/vaults/vault-directory.ts';
import { mountsBelow, takeOff, waitUntil } from '../support/machine.ts';
import { pathOfOperators } from '../support/quick-engines/path-of.ts';
import { readTree } from '../support/tree.ts';
import { createVaultPlace, daemonsBelow, password, type VaultPlace } from '../support/vault-fixtures.ts';

// other tests may have the cores at the same time
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const isRoot = process.getuid?.() === 0;
const gently = { lazily: false };
const files = 100;

let place: VaultPlace;
/** Its path has all that a mount table and libfuse treat in their own ways. */
let vault: Vault;
let config: string;

beforeAll(async () => {
  place = await createVaultPlace();
  vault = place.vault(cryfsEngine, 'va ult,\\odd \\101 ü');
  config = join(vault.encryptedDir, 'cryfs.config');
});
afterAll(async () => {
  await place.cleanUp();
});

const unmount = (which: Vault = vault, how = gently) => unmountVault(which, how, place.dependencies);
const daemons = (): number[] => daemonsBelow(cryfsEngine, place.directory);
const inMount = (name: string): string => join(vault.mountDir, name);

function expectNothingMounted(): void {
  expect(mountsBelow(place.directory)).toEqual([]);
  expect(daemons()).toEqual([]);
}

/** The engine alone, past everything that the tool checks before it starts it. */
async function startEngine(which: Vault, mountDir: string): Promise<void> {
  const secret = new Secret(password);
  const { dependencies } = place;
  await cryfsEngine.mount(which.encryptedDir, mountDir, secret, defaultMountOptions, which, dependencies);
}

function expectAllFiles(): void {
  for (let index = 0; index < files; index += 1) {
    expect(readFileSync(inMount(`file ${index}`), 'utf8')).toBe(`content ${index}\n`.repeat(1000));
  }
}

/** The flags (lsattr) of the directory that a mount hides: a bind of its parent shows it. */
function flagsBelow(mountDir: string): string {
  const view = mkdtempSync(place.path('view-'));
  execFileSync('mount', ['--bind', dirname(mountDir), view]);
  try {
    const said = execFileSync('lsattr', ['-d', join(view, basename(mountDir))], { encoding: 'utf8' });
    return said.split(' ')[0] ?? '';
  } finally {
    execFileSync('umount', [view]);
  }
}

/** Puts another copy of the encrypted directory in its place. */
function bringBack(copy: string): void {
  rmSync(vault.encryptedDir, { recursive: true });
  cpSync(copy, vault.encryptedDir, { recursive: true });
}

it('a new vault holds its configuration and its id, and nothing is left beside it', async () => {
  // what a former vault at this place left behind must not keep the new one closed
  mkdirSync(vault.stateDirectory, { recursive: true });
  writeFileSync(
    join(vault.stateDirectory, 'basedirs'),
    JSON.stringify({ [vault.encryptedDir]: { filesystemId: '0123456789ABCDEF0123456789ABCDEF' } }),
  );
  await place.create(vault);
  expect(readdirSync(join(vault.encryptedDir, '..')).sort()).toEqual([
    'encrypted',
    expect.stringMatching(/^state\.before-rollback-\d{8}T\d{6}Z$/),
  ]);
  expect(inspectEncryptedDirectory(cryfsEngine, vault.encryptedDir)).toEqual({
    kind: 'vault',
    hasContent: true,
  });
  expect(readdirSync(vault.encryptedDir)).toContain('cryfs.config');
  expect(cryfsEngine.findTornFiles?.(vault.encryptedDir)).toEqual([]);
  expectNothingMounted();
});

it('a configuration that an older tree kept outside is copied in, and the original stays (C3)', () => {
  const outside = place.path(cryfsEngine.formerConfigName?.('default') ?? '');
  renameSync(config, outside);
  expect(adoptOutsideConfig(cryfsEngine, vault.encryptedDir, outside)).toBe(true);
  expect(readFileSync(config)).toEqual(readFileSync(outside));
  expect(adoptOutsideConfig(cryfsEngine, vault.encryptedDir, outside)).toBe(false);
  writeFileSync(outside, 'another');
  expect(() => adoptOutsideConfig(cryfsEngine, vault.encryptedDir, outside)).toThrow(/another/);
  rmSync(outside);
  expect(() => adoptOutsideConfig(cryfsEngine, vault.encryptedDir, outside)).toThrow(outside);
});

it('is never started without its configuration, where it would begin a new vault (C2)', async () => {
  const kept = place.path('kept-config');
  renameSync(config, kept);
  const before = readdirSync(vault.encryptedDir);
  await expect(place.mount(vault)).rejects.toMatchObject({ code: 'VAULT_MISSING' });
  mkdirSync(place.path('bare'));
  await expect(startEngine(vault, place.path('bare'))).rejects.toMatchObject({ code: 'VAULT_MISSING' });
  expect(readdirSync(vault.encryptedDir)).toEqual(before);
  writeFileSync(config, 'torn');
  await expect(place.mount(vault)).rejects.toMatchObject({ code: 'VAULT_MISSING', message: /torn/ });
  renameSync(kept, config);
  expectNothingMounted();
});

it('a wrong password is WRONG_PASSWORD, an empty one INVALID_PASSWORD (C9)', async () => {
  await expect(place.mount(vault, {}, '')).rejects.toMatchObject({ code: 'INVALID_PASSWORD' });
  await expect(place.mount(vault, {}, 'wrong')).rejects.toMatchObject({ code: 'WRONG_PASSWORD', exit: 12 });
  expectNothingMounted();
});

it('is encrypted with aes-256-gcm (C10)', () => {
  mkdirSync(place.path('cipher-mount'));
  const told = spawnSync(
    'cryfs',
    ['--cipher', 'xchacha20-poly1305', vault.encryptedDir, place.path('cipher-mount')],
    {
      env: {
        PATH: process.env['PATH'],
        CRYFS_FRONTEND: 'noninteractive',
        CRYFS_NO_UPDATE_CHECK: 'true',
        CRYFS_LOCAL_STATE_DIR: place.path('cipher-state'),
      },
      input: `${password}\n`,
      encoding: 'utf8',
    },
  );
  expect(told).toMatchObject({ status: 15, stderr: expect.stringContaining('uses aes-256-gcm') });
});

it('mounts, is confirmed without a second opening, and tells nobody the password', async () => {
  expect(await place.mount(vault)).toMatchObject({ changed: true, vaultId: vault.vaultId, readOnly: false });
  expect(await place.mount(vault, {}, 'not even asked')).toMatchObject({ changed: false });
  const elsewhere = { ...vault, mountDir: place.path('elsewhere') };
  const refusal = { code: 'MOUNT_BUSY', message: expect.stringContaining(vault.mountDir) };
  await expect(place.mount(elsewhere)).rejects.toMatchObject(refusal);
  // the directory below the mount is protected all the same (G5)
  if (isRoot) expect(flagsBelow(vault.mountDir)).toContain('i');
  const [daemon, ...more] = daemons();
  expect(more).toEqual([]);
  for (const file of ['cmdline', 'environ']) {
    expect(readFileSync(`/proc/${daemon}/${file}`, 'utf8')).not.toContain(password);
  }
  expect(readdirSync(place.path('home'))).toEqual([]);
  for (let index = 0; index < files; index += 1) {
    writeFileSync(inMount(`file ${index}`), `content ${index}\n`.repeat(1000));
  }
});

it('unmounting while a file is held is refused; by force it waits for the daemon, not the table (C5)', async () => {
  const holder = spawn('sh', [
    '-c',
    'exec 9>>"$1"; echo; read -r line; echo late >&9',
    'sh',
    inMount('held'),
  ]);
  await once(holder.stdout, 'data');
  const [daemon] = daemons();
  await expect(unmount()).rejects.toMatchObject({
    code: 'MOUNT_BUSY',
    message: expect.stringContaining(String(holder.pid)),
  });
  expect(await stateOfVault(vault)).toMatchObject({ kind: 'mounted' });
  const served = { code: 'MOUNT_BUSY', details: expect.objectContaining({ daemons: [daemon] }) };
  await expect(unmount(vault, { lazily: true })).rejects.toMatchObject(served);
  expect(mountsBelow(place.directory)).toEqual([]);
  await expect(place.mount(vault)).rejects.toMatchObject(served);
  const ended = once(holder, 'exit');
  holder.stdin.end('go\n');
  await ended;
  await unmount();
  expectNothingMounted();
  expect(cryfsEngine.findTornFiles?.(vault.encryptedDir)).toEqual([]);
});

it('exit code 0 without a mount is a failure, and what stands in the mount directory stays (C1)', async () => {
  const strays = place.path('strays');
  mkdirSync(strays);
  writeFileSync(join(strays, 'plaintext'), 'plaintext');
  const error = await startEngine(vault, strays).then(() => undefined, toCryptosyncError);
  // 1.0 mounts over what stands there; 0.11 says the same 0 without a mount
  expect(error?.code ?? mountsBelow(strays)).toEqual(
    mountsBelow(strays).length > 0 ? [strays] : 'MOUNT_DIR_NOT_EMPTY',
  );
  if (error === undefined) await unmount({ ...vault, mountDir: strays });
  await expect(place.mount({ ...vault, mountDir: strays })).rejects.toMatchObject({
    code: 'MOUNT_DIR_NOT_EMPTY',
  });
  expect(readTree(strays)).toHaveProperty('plaintext');
  expectNothingMounted();
});

let older: string;

it('survives a killed daemon, and keeps all when it is told to end (C7)', async () => {
  older = mkdtempSync(place.path('older-'));
  cpSync(vault.encryptedDir, older, { recursive: true });
  await place.mount(vault);
  expectAllFiles();
  expect(readFileSync(inMount('held'), 'utf8')).toBe('late\n');
  for (const pid of daemons()) process.kill(pid, 'SIGKILL');
  expect(await waitUntil(async () => (await stateOfVault(vault)).kind === 'stale', 5000)).toBe(true);
  expect(await place.mount(vault)).toMatchObject({ changed: true, vaultId: vault.vaultId });
  expectAllFiles();
  writeFileSync(inMount('after'), 'written before SIGTERM');
  for (const pid of daemons()) process.kill(pid, 'SIGTERM');
  expect(await waitUntil(() => mountsBelow(place.directory).length + daemons().length === 0, 20_000)).toBe(
    true,
  );
  expect(cryfsEngine.findIntegrityViolation?.(vault)).toBeUndefined();
});

it('an older copy is refused, then the newest too, until the rollback is accepted (C6)', async () => {
  const newest = mkdtempSync(place.path('newest-'));
  cpSync(vault.encryptedDir, newest, { recursive: true });
  const refusal = {
    code: 'VAULT_MISMATCH',
    exit: 15,
    advice: { to: 'accept-rollback' },
    details: { integrityViolation: true },
  };
  bringBack(older);
  await expect(place.mount(vault)).rejects.toMatchObject(refusal);
  expect(cryfsEngine.findIntegrityViolation?.(vault)).toMatchObject(refusal);
  bringBack(newest);
  await expect(place.mount(vault)).rejects.toMatchObject(refusal);
  expectNothingMounted();

  const remembered = readTree(vault.stateDirectory);
  const now = new Date('2026-01-31T02:00:00Z');
  const kept = cryfsEngine.forgetIntegrityState?.(vault, now);
  expect(kept).toBe(`${vault.stateDirectory}.before-rollback-20260131T020000Z`);
  expect(readTree(kept ?? '')).toEqual(remembered);
  expect(cryfsEngine.findIntegrityViolation?.(vault)).toBeUndefined();
  expect(cryfsEngine.forgetIntegrityState?.(vault, now)).toBeUndefined();
});

it('the accepted older copy mounts, here to read only and for other users, and ends after the idle time', async () => {
  bringBack(older);
  const before = readTree(vault.encryptedDir);
  await place.mount(vault, { readOnly: true, allowOther: isRoot, idle: 1500 });
  expectAllFiles();
  expect(readdirSync(vault.mountDir)).not.toContain('after');
  expect(() => writeFileSync(inMount('new'), '')).toThrow('EROFS');
  const line = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .find((text) => text.includes('fuse.cryfs') && text.includes(place.directory));
  if (isRoot) expect(line).toContain('allow_other');
  expect(await waitUntil(() => mountsBelow(place.directory).length + daemons().length === 0, 20_000)).toBe(
    true,
  );
  expect(readTree(vault.encryptedDir)).toEqual(before);
});

it('with the configuration of another vault of the same password is VAULT_MISMATCH, and no block changes', async () => {
  const other = place.vault(cryfsEngine, 'other');
  await place.create(other);
  const mixed = place.vault(cryfsEngine, 'mixed', { vaultId: undefined });
  cpSync(vault.encryptedDir, mixed.encryptedDir, { recursive: true });
  cpSync(join(other.encryptedDir, 'cryfs.config'), join(mixed.encryptedDir, 'cryfs.config'));
  const before = readTree(mixed.encryptedDir);
  await expect(place.mount(mixed)).rejects.toMatchObject({ code: 'VAULT_MISMATCH' });
  expect(readTree(mixed.encryptedDir)).toEqual(before);
  expectNothingMounted();
});

it.runIf(isRoot)('a full disk is refused before, and never unnoticed after (C8)', async () => {
  const disk = place.path('disk');
  mkdirSync(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=32m', 'tmpfs', disk]);
  const small = place.vault(cryfsEngine, 'disk/small', { vaultId: vault.vaultId });
  cpSync(vault.encryptedDir, small.encryptedDir, { recursive: true });
  const fill = () => spawnSync('dd', ['if=/dev/zero', `of=${disk}/fill`, 'bs=4k'], { stdio: 'ignore' });
  fill();
  await expect(place.mount(small)).rejects.toMatchObject({ code: 'DISK_FULL', exit: 14 });
  rmSync(join(disk, 'fill'));
  await place.mount(small);
  fill();
  writeFileSync(join(small.mountDir, 'lost'), 'CryFS says that this is written');
  await expect(unmount(small)).rejects.toMatchObject({
    code: 'VERIFY_FAILED',
    exit: 16,
    details: expect.objectContaining({
      torn: expect.arrayContaining([expect.stringMatching(/^[0-9A-F]{3}\//)]),
    }),
  });
  expect(mountsBelow(small.mountDir)).toEqual([]);
  expect(daemons()).toEqual([]);
  await takeOff(disk);
});

it('all of it holds at the full cost of a key, which no other test pays', async () => {
  const costly = await createVaultPlace(pathOfOperators());
  try {
    const full = costly.vault(cryfsEngine, 'full');
    await costly.create(full);
    expect(await costly.mount(full)).toMatchObject({ changed: true });
    writeFileSync(join(full.mountDir, 'one'), 'file');
    await unmountVault(full, gently, costly.dependencies);
    expect(readdirSync(full.mountDir)).toEqual([]);
  } finally {
    await costly.cleanUp();
  }
});
