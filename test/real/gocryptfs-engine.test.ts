/** Vaults on the real gocryptfs: the hazards of docs/hazards.md, one by one, without the command around them. */

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../../src/secrets/secret.ts';
import { canaryName } from '../../src/vaults/canary.ts';
import { defaultMountOptions } from '../../src/vaults/engines/engine.ts';
import { gocryptfsEngine } from '../../src/vaults/engines/gocryptfs.ts';
import { stateOfVault, unmountVault, type Vault } from '../../src/vaults/mounting.ts';
import { resolveMountPath } from '../../src/vaults/mounts/mount-point.ts';
import { readSealKey } from '../../src/vaults/seal-key.ts';
import { mountsBelow, processesNaming, takeOff, waitUntil } from '../support/machine.ts';
import { ownMounts } from '../support/mount-namespace.ts';
import { pathOfOperators } from '../support/quick-engines/path-of.ts';
import { createVaultPlace, daemonsBelow, password, type VaultPlace } from '../support/vault-fixtures.ts';

const isRoot = process.getuid?.() === 0;
const gently = { lazily: false };

let place: VaultPlace;
let count = 0;

let template: Vault;

beforeAll(async () => {
  place = await createVaultPlace();
  template = place.vault(gocryptfsEngine, 'template');
  await place.create(template);
});
afterAll(async () => {
  await place.cleanUp();
});

/** A vault of its own, copied from one that was made by the tool: making one costs half a second. */
function newVault(): Vault {
  count += 1;
  const vault = place.vault(gocryptfsEngine, `vault-${count}`, { vaultId: template.vaultId });
  cpSync(template.encryptedDir, vault.encryptedDir, { recursive: true });
  return vault;
}

const unmount = (vault: Vault, how = gently) => unmountVault(vault, how, place.dependencies);
const daemonsOf = ({ encryptedDir }: Vault): number[] => daemonsBelow(gocryptfsEngine, encryptedDir);

/** gocryptfs alone, as somebody with a shell would run it. */
function byHand(vault: Vault, mountDir: string, ...flags: string[]): void {
  mkdirSync(mountDir, { recursive: true });
  execFileSync('gocryptfs', ['-q', ...flags, '--', vault.encryptedDir, mountDir], {
    input: `${password}\n`,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
}

/** A process that has a file of the mount open until it is told to go. */
async function holdFile(path: string): Promise<{ pid: number; release(): Promise<void> }> {
  const holder = spawn('sh', ['-c', 'exec 9>>"$1"; echo held; read -r line; echo late >&9', 'sh', path]);
  await once(holder.stdout, 'data');
  return {
    pid: holder.pid ?? -1,
    async release() {
      const ended = once(holder, 'exit');
      holder.stdin.end('go\n');
      await ended;
    },
  };
}

describe('a new vault', () => {
  it('is whole, opens with its password, holds its id, and leaves nothing beside it', async () => {
    const vault = place.vault(gocryptfsEngine, 'new');
    await place.create(vault);
    expect(readdirSync(place.path('new'))).toEqual(['encrypted']);
    expect(await place.mount(vault)).toMatchObject({
      changed: true,
      vaultId: vault.vaultId,
      readOnly: false,
      warnings: [],
    });
    const canary = JSON.parse(readFileSync(join(vault.mountDir, canaryName), 'utf8'));
    expect(canary).toMatchObject({ vaultId: vault.vaultId, madeWith: expect.arrayContaining(['EMENames']) });
    expect(
      readSealKey(vault.recordsDirectory, vault.vaultId ?? '')
        ?.reveal()
        .toString('base64'),
    ).toBe(canary.sealKey);
    await unmount(vault);
  });

  it('is made over the leftovers of a run that was killed with the vault mounted', async () => {
    const vault = place.vault(gocryptfsEngine, 'killed');
    const workshop = place.path('killed', '.encrypted.new');
    mkdirSync(join(workshop, 'cipher'), { recursive: true });
    execFileSync('gocryptfs', ['-init', '-q', '--', join(workshop, 'cipher')], {
      input: 'another\n',
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    mkdirSync(join(workshop, 'plain'));
    execFileSync('gocryptfs', ['-q', '--', join(workshop, 'cipher'), join(workshop, 'plain')], {
      input: 'another\n',
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    await place.create(vault);
    expect(readdirSync(place.path('killed'))).toEqual(['encrypted']);
    expect((await place.mount(vault)).vaultId).toBe(vault.vaultId);
    await unmount(vault);
  });

  it('is not made at all when it is interrupted', async () => {
    const vault = place.vault(gocryptfsEngine, 'interrupted');
    const interrupt = new AbortController();
    // one that takes its time
    const environment = { ...place.dependencies.environment, PATH: pathOfOperators() };
    const dependencies = { ...place.dependencies, environment, signal: interrupt.signal };
    const { createVault } = await import('../../src/vaults/creation.ts');
    const made = createVault(
      gocryptfsEngine,
      vault.encryptedDir,
      new Secret(password),
      'id',
      vault,
      dependencies,
    );
    const isAtWork = (): boolean => processesNaming(place.path('interrupted')).length > 0;
    void waitUntil(isAtWork, 10_000).then(() => interrupt.abort());
    await expect(made).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect(readdirSync(place.path('interrupted'))).toEqual([]);
    expect(mountsBelow(place.path('interrupted'))).toEqual([]);
  });

  it('never takes the place of files that are there', async () => {
    const vault = place.vault(gocryptfsEngine, 'occupied');
    mkdirSync(vault.encryptedDir, { recursive: true });
    writeFileSync(join(vault.encryptedDir, 'precious'), 'data');
    await expect(place.create(vault)).rejects.toThrow();
    expect(readdirSync(place.path('occupied'))).toEqual(['encrypted']);
    expect(readdirSync(vault.encryptedDir)).toEqual(['precious']);
  });

  it.runIf(isRoot)(
    'on a full disk is DISK_FULL, leaves nothing, and is made once there is room (G14)',
    async () => {
      const disk = place.path('small-disk');
      mkdirSync(disk);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk]);
      try {
        const filled = spawnSync('dd', ['if=/dev/zero', `of=${disk}/fill`, 'bs=64k'], { encoding: 'utf8' });
        expect(filled.stderr).toContain('No space left');
        const vault = place.vault(gocryptfsEngine, 'small-disk/client');
        await expect(place.create(vault)).rejects.toMatchObject({ code: 'DISK_FULL' });
        expect(readdirSync(disk, { recursive: true })).not.toContainEqual(expect.stringContaining('new'));
        rmSync(join(disk, 'fill'));
        await place.create(vault);
        await place.mount(vault);
        await unmount(vault);
      } finally {
        await takeOff(disk);
      }
    },
  );

  it.runIf(isRoot)('runs full in the middle of it: DISK_FULL, and nothing is left (G14)', async () => {
    const disk = place.path('filling-disk');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk]);
    try {
      const vault = place.vault(gocryptfsEngine, 'filling-disk/client');
      // a gocryptfs that finds the disk full when it is asked to write the vault
      const programs = place.path('filling-programs');
      mkdirSync(programs);
      const script = `#!/bin/sh\n[ "$1" = -init ] && dd if=/dev/zero of='${disk}/fill' bs=64k 2>/dev/null\nexec /usr/bin/gocryptfs "$@"\n`;
      writeFileSync(join(programs, 'gocryptfs'), script, { mode: 0o755 });
      const { createVault } = await import('../../src/vaults/creation.ts');
      const environment = { ...place.dependencies.environment, PATH: `${programs}:${process.env['PATH']}` };
      const made = createVault(gocryptfsEngine, vault.encryptedDir, new Secret(password), 'id', vault, {
        environment,
      });
      await expect(made).rejects.toMatchObject({ code: 'DISK_FULL' });
      expect(readdirSync(join(disk, 'client'))).toEqual([]);
      rmSync(join(disk, 'fill'));
      await place.create(vault);
    } finally {
      await takeOff(disk);
    }
  });
});

describe('mounting', () => {
  it('twice is one mount (G1)', async () => {
    const vault = newVault();
    await place.mount(vault);
    expect(await place.mount(vault, {}, 'not even asked')).toMatchObject({ changed: false });
    expect(mountsBelow(vault.mountDir)).toEqual([vault.mountDir]);
    expect((await unmount(vault)).changed).toBe(true);
    expect((await unmount(vault)).changed).toBe(false);
  });

  it('is refused while the vault is mounted elsewhere, which is named; so is unmounting (G1)', async () => {
    const vault = newVault();
    const other = place.path('elsewhere');
    byHand(vault, other);
    const refusal = { code: 'MOUNT_BUSY', message: expect.stringContaining(other) };
    await expect(place.mount(vault)).rejects.toMatchObject(refusal);
    await expect(unmount(vault)).rejects.toMatchObject(refusal);
    execFileSync('fusermount3', ['-u', other]);
    await place.mount(vault);
    await unmount(vault);
  });

  it('recovers from a killed daemon, even while somebody stands in the dead mount (G2)', async () => {
    const vault = newVault();
    await place.mount(vault);
    const holder = spawn('sleep', ['60'], { cwd: vault.mountDir, stdio: 'ignore' });
    const [daemon = -1] = daemonsOf(vault);
    process.kill(daemon, 'SIGKILL');
    expect(await waitUntil(async () => (await stateOfVault(vault)).kind === 'stale', 5000)).toBe(true);
    expect(resolveMountPath(vault.mountDir)).toBe(vault.mountDir);
    expect(await place.mount(vault)).toMatchObject({ changed: true, vaultId: vault.vaultId });
    expect(mountsBelow(vault.mountDir)).toEqual([vault.mountDir]);
    holder.kill();
    await unmount(vault);
  });

  it('clears a dead mount when it is asked to unmount (G2)', async () => {
    const vault = newVault();
    await place.mount(vault);
    for (const pid of daemonsOf(vault)) process.kill(pid, 'SIGKILL');
    await waitUntil(async () => (await stateOfVault(vault)).kind === 'stale', 5000);
    expect(await unmount(vault)).toEqual({ changed: true });
    expect(mountsBelow(vault.mountDir)).toEqual([]);
  });

  it('with a wrong password is WRONG_PASSWORD, and nothing is mounted', async () => {
    const vault = newVault();
    await expect(place.mount(vault, {}, 'wrong')).rejects.toMatchObject({ code: 'WRONG_PASSWORD', exit: 12 });
    expect(await stateOfVault(vault)).toEqual({ kind: 'unmounted' });
    expect(daemonsOf(vault)).toEqual([]);
  });

  it('refuses passwords that gocryptfs takes for empty or too long (G6)', async () => {
    const vault = newVault();
    for (const word of ['', 'x'.repeat(2049)]) {
      await expect(place.mount(vault, {}, word)).rejects.toMatchObject({ code: 'INVALID_PASSWORD' });
    }
  });

  it('leaves the password neither in an argument nor in the environment of the daemon (G7)', async () => {
    const vault = newVault();
    await place.mount(vault);
    const [daemon] = daemonsOf(vault);
    for (const file of ['cmdline', 'environ']) {
      expect(readFileSync(`/proc/${daemon}/${file}`, 'utf8')).not.toContain(password);
    }
    await unmount(vault);
  });

  it.each([
    ['profile', {}],
    ['adopted', { vaultId: undefined }],
  ])(
    'with the configuration of another vault of the same password is VAULT_MISMATCH (G8, %s)',
    async (name, changes) => {
      const vault = newVault();
      const other = place.vault(gocryptfsEngine, `other-${name}`);
      await place.create(other);
      copyFileSync(join(other.encryptedDir, 'gocryptfs.conf'), join(vault.encryptedDir, 'gocryptfs.conf'));
      const before = readdirSync(vault.encryptedDir).sort();
      const refused = place.mount({ ...vault, ...changes });
      await expect(refused).rejects.toMatchObject({ code: 'VAULT_MISMATCH', exit: 15 });
      expect(readdirSync(vault.encryptedDir).sort()).toEqual(before);
      expect(mountsBelow(vault.mountDir)).toEqual([]);
      expect(daemonsOf(vault)).toEqual([]);
    },
  );

  it('without gocryptfs.diriv in the root is VAULT_MISMATCH, not an empty success (G9)', async () => {
    const vault = newVault();
    rmSync(join(vault.encryptedDir, 'gocryptfs.diriv'), { force: true });
    await expect(place.mount(vault)).rejects.toMatchObject({ code: 'VAULT_MISMATCH' });
    expect(mountsBelow(vault.mountDir)).toEqual([]);
  });

  it.each([
    ['missing', undefined],
    ['empty', ''],
    ['torn', '{"Creator": "gocry'],
  ])('with a configuration that is %s is VAULT_MISSING', async (_name, content) => {
    const vault = newVault();
    const config = join(vault.encryptedDir, 'gocryptfs.conf');
    rmSync(config, { force: true });
    if (content !== undefined) writeFileSync(config, content);
    await expect(place.mount(vault)).rejects.toMatchObject({ code: 'VAULT_MISSING' });
    expect(mountsBelow(vault.mountDir)).toEqual([]);
  });

  it('gives an adopted vault its id, and keeps one that it has', async () => {
    const vault = newVault();
    await place.mount(vault);
    rmSync(join(vault.mountDir, canaryName));
    writeFileSync(join(vault.mountDir, 'file'), 'content');
    await unmount(vault);
    // on a machine that never opened it, nothing tells whose it is
    const elsewhere = { ...vault, recordsDirectory: place.path('elsewhere') };
    await expect(place.mount(elsewhere)).rejects.toMatchObject({ code: 'VAULT_MISMATCH' });
    const adopted = { ...elsewhere, vaultId: undefined };
    const { vaultId } = await place.mount(adopted);
    expect(JSON.parse(readFileSync(join(vault.mountDir, canaryName), 'utf8')).vaultId).toBe(vaultId);
    await unmount(adopted);
    expect((await place.mount(adopted)).vaultId).toBe(vaultId);
    await unmount(adopted);
  });

  it('to read only refuses writing, and is told from a writable one', async () => {
    const vault = newVault();
    expect(await place.mount(vault, { readOnly: true })).toMatchObject({ readOnly: true });
    expect(() => writeFileSync(join(vault.mountDir, 'file'), '')).toThrow('EROFS');
    expect(await place.mount(vault)).toMatchObject({ changed: false, readOnly: true });
    await unmount(vault);
  });

  it('is confirmed, too, when it is there before this process goes on', async () => {
    const vault = newVault();
    const mount = (encryptedDir: string, mountDir: string, word: Secret): Promise<undefined> => {
      const args = ['-q', '--', encryptedDir, mountDir];
      execFileSync('gocryptfs', args, { input: `${word.reveal()}\n`, stdio: ['pipe', 'ignore', 'ignore'] });
      return Promise.resolve(undefined);
    };
    const quick = { ...vault, engine: { ...gocryptfsEngine, mount } };
    expect(await place.mount(quick)).toMatchObject({ changed: true, vaultId: vault.vaultId, warnings: [] });
    await unmount(vault);
  });

  it('ends by itself after the idle time', async () => {
    const vault = newVault();
    await place.mount(vault, { idle: 500 });
    expect(await waitUntil(() => mountsBelow(vault.mountDir).length === 0, 15_000)).toBe(true);
  });

  it.runIf(isRoot)('reads a vault on a read-only file system, and says why it can write none', async () => {
    const vault = newVault();
    const medium = place.path('medium');
    mkdirSync(medium);
    execFileSync('mount', ['--bind', vault.encryptedDir, medium]);
    execFileSync('mount', ['-o', 'remount,bind,ro', medium]);
    const there = { ...vault, encryptedDir: medium };
    await expect(place.mount(there)).rejects.toMatchObject({
      code: 'MOUNT_FAILED',
      advice: { to: 'mount-read-only' },
    });
    await place.mount(there, { readOnly: true });
    await unmount(there);
    await takeOff(medium);
  });

  it.runIf(isRoot)('without FUSE is FUSE_UNAVAILABLE with what to do', async () => {
    const vault = newVault();
    const said = withoutFuse(vault);
    expect(said).toMatchObject({ code: 'FUSE_UNAVAILABLE', exit: 11 });
    expect(mountsBelow(vault.mountDir)).toEqual([]);
  });
});

/** Mounts in a mount namespace of its own, where /dev/fuse is something else. @returns the error's report */
function withoutFuse(vault: Vault): unknown {
  const script = place.path('without-fuse.ts');
  const source = (file: string): string =>
    JSON.stringify(new URL(`../../src/${file}`, import.meta.url).pathname);
  writeFileSync(
    script,
    `import { mountVault } from ${source('vaults/mounting.ts')};
     import { engineNamed } from ${source('vaults/engines/engines.ts')};
     import { Secret } from ${source('secrets/secret.ts')};
     const vault = { ...JSON.parse(process.argv[2]), engine: engineNamed(${JSON.stringify(vault.engine.name)}) };
     const options = ${JSON.stringify(defaultMountOptions)};
     mountVault(vault, new Secret(${JSON.stringify(password)}), options, 'id', { environment: process.env }).then(
       () => console.log('null'), (error) => console.log(JSON.stringify(error.toReport?.() ?? String(error))));`,
  );
  const vaultData = JSON.stringify({ ...vault, engine: undefined });
  const output = execFileSync(
    'unshare',
    [...ownMounts('mount --bind /dev/null /dev/fuse'), process.execPath, script, vaultData],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  );
  return JSON.parse(output);
}

describe('the mount directory', () => {
  it.runIf(isRoot)('takes no file while nothing is mounted on it (G5)', async () => {
    const vault = newVault();
    await place.mount(vault);
    writeFileSync(join(vault.mountDir, 'inside'), '');
    await unmount(vault);
    expect(() => writeFileSync(join(vault.mountDir, 'plaintext'), '')).toThrow('EPERM');
    await place.mount(vault);
    expect(readdirSync(vault.mountDir).sort()).toEqual([canaryName, 'inside']);
    await unmount(vault);
  });

  it('with files in it is refused, and the files are listed (G5)', async () => {
    const vault = newVault();
    mkdirSync(vault.mountDir);
    writeFileSync(join(vault.mountDir, 'stray.txt'), 'plaintext');
    const refused = place.mount(vault);
    await expect(refused).rejects.toMatchObject({
      code: 'MOUNT_DIR_NOT_EMPTY',
      message: expect.stringContaining('stray.txt'),
    });
    expect(readFileSync(join(vault.mountDir, 'stray.txt'), 'utf8')).toBe('plaintext');
  });

  it.runIf(isRoot)('under another mount is left alone, by mount and by unmount', async () => {
    const vault = newVault();
    mkdirSync(vault.mountDir);
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', vault.mountDir]);
    expect(await stateOfVault(vault)).toMatchObject({ kind: 'foreign' });
    await expect(place.mount(vault)).rejects.toMatchObject({ code: 'MOUNT_FAILED' });
    await expect(unmount(vault)).rejects.toMatchObject({ code: 'MOUNT_FAILED' });
    expect(mountsBelow(vault.mountDir)).toEqual([vault.mountDir]);
    execFileSync('umount', [vault.mountDir]);
  });

  it('may be a symbolic link, a link to a link, or below one (G13)', async () => {
    const vault = newVault();
    const real = place.path('real-directory');
    mkdirSync(real);
    symlinkSync(real, place.path('link'));
    symlinkSync('link', place.path('link-to-link'));
    for (const name of ['link', 'link-to-link']) expect(resolveMountPath(place.path(name))).toBe(real);
    expect(resolveMountPath(place.path('link', 'new', 'deep'))).toBe(join(real, 'new', 'deep'));
    const linked = { ...vault, mountDir: resolveMountPath(place.path('link-to-link')) };
    await place.mount(linked);
    expect(resolveMountPath(place.path('link-to-link'))).toBe(real);
    await unmount(linked);
    symlinkSync('circle-2', place.path('circle-1'));
    symlinkSync('circle-1', place.path('circle-2'));
    expect(() => resolveMountPath(place.path('circle-1'))).toThrow('ELOOP');
  });

  it.each([
    'two words',
    'tab\there',
    'new\nline',
    'back\\slash',
    'octal\\040',
    'back\\,slash',
    'ends in \\',
    'com,ma',
    'quo"te\'s',
    'ünïcode',
    '-leading',
    ' - ',
    '$HOME `id`',
  ])('and the vault may be called %j (G13)', async (name) => {
    const vault = place.vault(gocryptfsEngine, join('names', name));
    await place.create(vault);
    await place.mount(vault);
    expect(await stateOfVault(vault)).toMatchObject({ kind: 'mounted' });
    expect(await place.mount(vault)).toMatchObject({ changed: false });
    await unmount(vault);
    expect(mountsBelow(place.path('names'))).toEqual([]);
    expect(daemonsBelow(gocryptfsEngine, place.path('names'))).toEqual([]);
  });
});

it('an encrypted directory whose name ends in a backslash is refused before anything is made', async () => {
  const encryptedDir = place.path('backslash', 'encrypted\\');
  const vault = place.vault(gocryptfsEngine, 'backslash', { encryptedDir });
  await expect(place.create(vault)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
});

describe('unmounting', () => {
  it('takes off every mount that lies on another, and is over when the daemons are gone (G1)', async () => {
    const vault = newVault();
    byHand(vault, vault.mountDir);
    byHand(vault, vault.mountDir, '-nonempty');
    expect(mountsBelow(vault.mountDir)).toHaveLength(2);
    await unmount(vault);
    expect(mountsBelow(vault.mountDir)).toEqual([]);
    expect(daemonsOf(vault)).toEqual([]);
  });

  it('of a busy vault changes nothing and names who holds it (G4)', async () => {
    const vault = newVault();
    await place.mount(vault);
    const holder = await holdFile(join(vault.mountDir, 'held'));
    const refused = unmount(vault);
    await expect(refused).rejects.toMatchObject({
      code: 'MOUNT_BUSY',
      message: expect.stringContaining(String(holder.pid)),
      details: {
        holders: [expect.objectContaining({ pid: holder.pid, path: join(vault.mountDir, 'held') })],
      },
    });
    expect(await stateOfVault(vault)).toMatchObject({ kind: 'mounted' });
    await holder.release();
    await unmount(vault);
  });

  it('by force says that the daemon lives on, and the vault is not mounted again before it is gone (G4)', async () => {
    const vault = newVault();
    await place.mount(vault);
    const [daemon] = daemonsOf(vault);
    const holder = await holdFile(join(vault.mountDir, 'held'));
    const served = { code: 'MOUNT_BUSY', details: expect.objectContaining({ daemons: [daemon] }) };
    await expect(unmount(vault, { lazily: true })).rejects.toMatchObject(served);
    expect(mountsBelow(vault.mountDir)).toEqual([]);
    await expect(place.mount(vault)).rejects.toMatchObject(served);
    await holder.release();
    await place.mount(vault);
    expect(readFileSync(join(vault.mountDir, 'held'), 'utf8')).toBe('late\n');
    await unmount(vault);
  });

  it('is a clean end for the data when the daemon is told to end (G16)', async () => {
    const vault = newVault();
    await place.mount(vault);
    writeFileSync(join(vault.mountDir, 'file'), 'content');
    for (const pid of daemonsOf(vault)) process.kill(pid, 'SIGTERM');
    expect(await waitUntil(() => mountsBelow(vault.mountDir).length === 0, 5000)).toBe(true);
    await place.mount(vault);
    expect(readFileSync(join(vault.mountDir, 'file'), 'utf8')).toBe('content');
    await unmount(vault);
  });
});

describe('a daemon that does not answer', () => {
  it('is reported in time, keeps no process from exiting, and can be detached (C8)', async () => {
    const vault = newVault();
    await place.mount(vault);
    const [daemon = -1] = daemonsOf(vault);
    process.kill(daemon, 'SIGSTOP');
    try {
      const script = place.path('ask.ts');
      const source = (file: string): string =>
        JSON.stringify(new URL(`../../src/vaults/mounts/${file}`, import.meta.url).pathname);
      writeFileSync(
        script,
        `import { readMountState } from ${source('mount-table.ts')};
         import { resolveMountPath } from ${source('mount-point.ts')};
         const expected = JSON.parse(process.argv[2]);
         console.log((await readMountState({ ...expected, mountDir: resolveMountPath(expected.mountDir) })).kind);`,
      );
      const expected = {
        mountDir: vault.mountDir,
        fileSystemType: gocryptfsEngine.fileSystemType,
        sources: [vault.encryptedDir],
      };
      const asked = spawnSync(process.execPath, [script, JSON.stringify(expected)], {
        encoding: 'utf8',
        timeout: 20_000,
        killSignal: 'SIGKILL',
      });
      expect(asked).toMatchObject({ status: 0, stdout: 'unreadable\n' });
      await expect(place.mount(vault)).rejects.toMatchObject({ code: 'MOUNT_FAILED' });
      await expect(unmount(vault, { lazily: true })).rejects.toMatchObject({ code: 'MOUNT_BUSY' });
      expect(mountsBelow(vault.mountDir)).toEqual([]);
    } finally {
      process.kill(daemon, 'SIGCONT');
    }
    await unmount(vault);
    await place.mount(vault);
    await unmount(vault);
  });
});

describe('a vault that was copied away', () => {
  it('opens from the copy with the same id', async () => {
    const vault = newVault();
    await place.mount(vault);
    writeFileSync(join(vault.mountDir, 'file'), 'content');
    await unmount(vault);
    const copy = place.vault(gocryptfsEngine, 'copy', { vaultId: vault.vaultId });
    cpSync(vault.encryptedDir, copy.encryptedDir, { recursive: true });
    chmodSync(copy.encryptedDir, 0o700);
    await place.mount(copy);
    expect(readFileSync(join(copy.mountDir, 'file'), 'utf8')).toBe('content');
    await unmount(copy);
  });
});
