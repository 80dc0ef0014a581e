/** Downloads from a remote that somebody else may have written to. */
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
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

describe('a link, whoever has set it', () => {
  it.each(['local', 'openssh'] as const)(
    'comes as what was sent, a link as the link that it was (%s)',
    async (kind) => {
      const { tenant, remote, outside } = await scene(kind);
      // nothing that somebody else has put there comes along, and least of all a link
      writeFiles(remote, { b: '2', 'dir.rclonelink': outside });
      if (kind === 'local') symlinkSync(outside, join(remote, 'dir'));
      await overwrite(tenant);
      expect(readTree(tenant.source)).toMatchObject({ link: '-> a' });
      expect(Object.keys(readTree(tenant.source))).toEqual(['a', 'link']);
    },
  );

  it.each(['local', 'openssh'] as const)('is read through no link that was put there (%s)', async (kind) => {
    const { tenant, remote, outside } = await scene(kind);
    writeFiles(tenant.source, { 'dir/file': 'sent' });
    await tenant.succeed();
    writeFiles(outside, { file: 'of somebody else' });
    rmSync(join(remote, 'dir'), { recursive: true });
    symlinkSync(outside, join(remote, 'dir'));
    writeFiles(tenant.source, { 'dir/file': 'changed here' });
    const before = readTree(tenant.source);
    const result = await tenant.sync(download);
    expect(result.exitCode, result.stdout).not.toBe(0);
    expect(result.json.error.code).not.toBe('UNEXPECTED');
    expect(readTree(tenant.source)).toEqual(before);
  });

  it.each(['local', 'openssh'] as const)('is never written through (%s, R19)', async (kind) => {
    const { tenant, outside } = await scene(kind);
    writeFiles(tenant.source, { 'dir/file': 'sent', 'dir/below/file': 'sent' });
    await tenant.succeed();
    writeFiles(outside, { file: 'of somebody else', 'below/file': 'of somebody else' });
    rmSync(join(tenant.source, 'dir'), { recursive: true });
    symlinkSync(outside, join(tenant.source, 'dir'));
    const before = readTree(outside);
    const { keptAt } = await tenant.succeed(...download);
    expect(readTree(outside)).toEqual(before);
    expect(readlinkSync(join(keptAt, 'dir'))).toBe(outside);
    expect(readFileSync(join(tenant.source, 'dir', 'below', 'file'), 'utf8')).toBe('sent');
  });

  it.each([
    ['as its seal is broken', { end: {} }],
    ['as its seal is gone', { end: { seal: null } }],
  ])('is not made where somebody wrote it into the manifest, %s', async (_, end) => {
    const { tenant, remote, outside } = await scene('local');
    writeFiles(tenant.source, { 'dir/file': 'sent' });
    await tenant.succeed();
    forge(remote, (line) => {
      if (line['path'] === 'dir') return { ...line, kind: 'link', target: outside };
      const own = line['end'] as object | undefined;
      return own === undefined ? line : { ...line, end: { ...own, ...end.end } };
    });
    writeFiles(tenant.source, { a: 'changed here' });
    const before = readTree(tenant.source);
    const result = await tenant.sync(download);
    expect(result.json.error, result.stdout).toMatchObject({ code: 'VERIFY_FAILED', exit: 16 });
    expect(readTree(tenant.source)).toEqual(before);
    expect(readdirSync(outside)).toEqual([]);
  });
});

/** Changes every line of every manifest of a remote, as somebody does who can write to it and has no key to seal. */
function forge(remote: string, change: (line: Record<string, unknown>) => object): void {
  const directory = join(remote, '.cryptosync', 'manifests');
  for (const name of readdirSync(directory)) {
    const [head, ...lines] = gunzipSync(readFileSync(join(directory, name)))
      .toString()
      .trimEnd()
      .split('\n');
    const changed = lines.map((line) => JSON.stringify(change(JSON.parse(line))));
    writeFileSync(join(directory, name), gzipSync(`${[head, ...changed].join('\n')}\n`));
  }
}

describe('what a forced download replaces', () => {
  it('is kept, each time at a place of its own', async () => {
    const { tenant } = await scene('local');
    const kept = [await overwrite(tenant, 'first'), await overwrite(tenant, 'second')];
    expect(kept.map((directory) => readFileSync(join(directory, 'a'), 'utf8'))).toEqual(['first', 'second']);
    // outside of what is synced
    for (const directory of kept) expect(`${directory}/`.startsWith(`${tenant.source}/`)).toBe(false);
  });
});
