/** Downloads from a remote that somebody else may have written to. */
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInstallation, type Installation } from '../support/installation.ts';
import { type Storage, type StorageKind, startStorage } from '../support/storage.ts';
import { installTenant, type Tenant } from '../support/tenant.ts';
import { readTree, writeFiles } from '../support/tree.ts';

let installation: Installation;
const storages = new Map<StorageKind, Storage>();
let count = 0;

beforeAll(() => {
  installation = createInstallation();
});
afterAll(async () => {
  for (const storage of storages.values()) await storage.close();
  await installation.cleanUp();
});

interface Scene {
  readonly tenant: Tenant;
  /** The directory that the remote is, or that its server serves. */
  readonly remote: string;
  /** A directory that nobody should write into. */
  readonly outside: string;
}

/** A client who has synced a file and a link. */
async function scene(kind: StorageKind): Promise<Scene> {
  count += 1;
  const storage = storages.get(kind) ?? (await startStorage(kind, installation.path(kind)));
  storages.set(kind, storage);
  const tenant = await installTenant(installation, storage, { name: `client${count}` });
  const outside = installation.path(`outside ${count}`);
  mkdirSync(outside);
  writeFiles(tenant.source, { a: '1' });
  symlinkSync('a', join(tenant.source, 'link'));
  await tenant.succeed();
  return { tenant, remote: join(storage.directory, `client${count}`), outside };
}

const download = ['--direction', 'download', '--force'];

/** Takes the state of the remote, whatever there is here: a change of our own makes sure that there is something to do. */
async function overwrite({ source, succeed }: Tenant, change = 'changed here'): Promise<string> {
  writeFiles(source, { a: change });
  return (await succeed(...download)).keptAt;
}

describe('a link on the remote', () => {
  it.each(['local', 'openssh'] as const)('comes as the link that it was (%s)', async (kind) => {
    const { tenant, remote } = await scene(kind);
    writeFiles(remote, { b: '2' });
    await overwrite(tenant);
    expect(readTree(tenant.source)).toMatchObject({ link: '-> a' });
    expect(Object.keys(readTree(tenant.source))).toEqual(['a', 'b', 'link']);
  });

  it.each([
    ['local', (remote: string, outside: string) => symlinkSync(outside, join(remote, 'dir'))],
    ['openssh', (remote: string, outside: string) => writeFiles(remote, { 'dir.rclonelink': outside })],
  ] as const)('is never written through (%s, R19)', async (kind, make) => {
    const { tenant, remote, outside } = await scene(kind);
    make(remote, outside);
    await overwrite(tenant);
    expect(readlinkSync(join(tenant.source, 'dir'))).toBe(outside);
    // the next one finds the link that this one made
    writeFiles(outside, { 'of somebody else': '' });
    const before = readTree(outside);
    await overwrite(tenant);
    expect(readTree(outside)).toEqual(before);
  });

  it('that stands beside a directory of its name is refused, and nothing is written where it leads', async () => {
    const { tenant, remote, outside } = await scene('openssh');
    writeFiles(remote, { 'dir.rclonelink': outside, 'dir/file': 'through the link' });
    writeFiles(tenant.source, { a: 'changed here' });
    const before = readTree(tenant.source);
    const result = await tenant.sync(download);
    expect(readdirSync(outside)).toEqual([]);
    expect(result.json.error, result.stdout).toMatchObject({ code: 'VAULT_MISMATCH', exit: 15 });
    expect(result.json.error.message).toContain('has dir twice');
    expect(readTree(tenant.source)).toEqual(before);
    expect(lstatSync(tenant.source).isDirectory()).toBe(true);
  });
});

describe('what a forced download replaces', () => {
  it('is kept, each time at a place of its own', async () => {
    const { tenant } = await scene('local');
    const kept = [await overwrite(tenant, 'first'), await overwrite(tenant, 'second')];
    expect(kept.map((directory) => readFileSync(join(directory, 'a'), 'utf8'))).toEqual(['first', 'second']);
    expect(kept.map(dirname)).toEqual([dirname(tenant.source), dirname(tenant.source)]);
  });
});
