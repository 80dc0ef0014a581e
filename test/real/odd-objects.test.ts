/**
 * Names, times and paths that a store or rclone takes for others, at every kind of place: they are carried or named, no
 * later run sends them again, and all of them come back. And what somebody else puts in the way of a run is kept.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { inPlace } from '../../src/remotes/open-place.ts';
import type { Remote } from '../../src/remotes/remote.ts';
import { sinkRemote } from '../../src/remotes/sinks/index.ts';
import type { TransferStats } from '../../src/remotes/transfer.ts';
import { choose } from '../../src/sync/generations/choice.ts';
import { readPast } from '../../src/sync/generations/history.ts';
import type { DirectionOutcome } from '../../src/sync/result.ts';
import type { Findings } from '../../src/sync/verify/findings.ts';
import { type Depth, verifyGeneration } from '../../src/sync/verify/verify.ts';
import { HeldTree } from '../../src/system/paths/held-tree.ts';
import { type Machine, machineAt, webdavRemote } from '../support/machines.ts';
import { type MisbehavingServer, startMisbehavingServer } from '../support/misbehaving.ts';
import { makeKey, type Server, serveOpenSsh, serveS3, serveWebdav } from '../support/serve.ts';
import { readTree } from '../support/tree.ts';

let directory: string;
const servers: Server[] = [];
/** In front of the S3 server. */
let refusing: MisbehavingServer;
const remotes = new Map<string, (path: string) => Remote>();
const kinds = ['a directory', 'WebDAV', 'SFTP', 'S3'] as const;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'cryptosync-test-'));
  const served = (kind: string): string => {
    const path = join(directory, kind);
    mkdirSync(path, { recursive: true });
    return path;
  };
  const webdav = await serveWebdav(served('WebDAV'));
  servers.push(webdav);
  const key = join(served('keys'), 'user');
  makeKey(key);
  // rclone's own server forgets a name with a CR whenever it has read its disk again
  const sftp = await serveOpenSsh(served('keys'), `${key}.pub`, served('SFTP'));
  servers.push(sftp);
  const s3 = await serveS3(served('S3'), 'bucket');
  servers.push(s3);
  const configFile = join(directory, 'sftp.conf');
  const { username } = userInfo();
  const lines = ['[sftp]', 'type = sftp', 'host = 127.0.0.1', `port = ${sftp.port}`, `user = ${username}`];
  writeFileSync(configFile, `${[...lines, `key_file = ${key}`, 'shell_type = none'].join('\n')}\n`);
  const keys = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };
  const endpoint = `http://127.0.0.1:${s3.port}`;
  const bucket = { bucket: 'bucket', provider: 'Other', endpoint, forcePathStyle: true, ...keys };
  const disk = served('a directory');
  remotes.set('a directory', (path) => ({
    name: 'disk',
    type: 'local',
    path: `${disk}/${path}`,
    configFile: '',
  }));
  remotes.set('WebDAV', (path) => webdavRemote(directory, webdav.port, path));
  remotes.set('SFTP', (path) => ({ name: 'sftp', type: 'sftp', path, configFile }));
  const s3Remote = sinkRemote({ type: 's3', ...bucket }, 'place', '');
  remotes.set('S3', (path) => ({ ...s3Remote, path: `bucket/${path}` }));
  refusing = await startMisbehavingServer(s3.port);
  const behind = { ...bucket, endpoint: `http://127.0.0.1:${refusing.port}` };
  const refusingRemote = sinkRemote({ type: 's3', ...behind }, 'place', '');
  remotes.set('S3, refusing', (path) => ({ ...refusingRemote, path: `bucket/${path}` }));
});
afterAll(async () => {
  await refusing?.close();
  for (const server of servers) await server.stop();
  rmSync(directory, { recursive: true, force: true });
});

let number = 0;
let remote: Remote;
let one: Machine;
let two: Machine;
const machines = (kind: string, path: string): void => {
  number += 1;
  const made = remotes.get(kind)?.(path.replace('N', String(number)));
  if (made === undefined) throw new Error(`no such place: ${kind}`);
  remote = made;
  one = machineAt(join(directory, `one-${number}`), 'one', remote);
  two = machineAt(join(directory, `two-${number}`), 'two', remote);
};
const write = (machine: Machine, path: string, content: string): void => {
  mkdirSync(dirname(join(machine.tree, path)), { recursive: true });
  writeFileSync(join(machine.tree, path), content);
};

/** Each stands alone for what rclone lists in its place, so all of them can be carried. */
const names = [
  'plain',
  'line\nfeed',
  'cr\r',
  'mid\rdle',
  'dir\r/below',
  'br]ack[et',
  '‛quoted',
  'full／width',
  'tab\t',
];
const isPutBelowClosed = (method: string, path: string): boolean =>
  method === 'PUT' && path.includes('/closed/') && !path.includes('/.cryptosync/');

/** As touch(1) takes them. */
const times = { t1950: '@-631152000.5', t1969: '@-1.25', t2039: '@2177452800', t2110: '@4417452800.25' };
const ofTimes = (machine: Machine): string[] =>
  Object.keys(times).map((name) =>
    execFileSync('stat', ['-c', '%n %y', name], { cwd: machine.tree, encoding: 'utf8', env: { TZ: 'UTC' } }),
  );

describe.each(kinds)('at %s', (kind) => {
  // a `]` ends a place's name where rclone serves objects by address
  beforeEach(() => machines(kind, 'pl]a[ce-N'));

  it('odd names and times go up once, are known again by a full pass, and come back', async () => {
    for (const name of names) write(one, name, `content of ${JSON.stringify(name)}`);
    for (const [name, time] of Object.entries(times)) {
      write(one, name, name);
      execFileSync('touch', ['-d', time, join(one.tree, name)]);
    }
    const first = await one.upload();
    expect([first.consistent, first.notCarried]).toEqual([true, []]);
    expect(await one.upload()).toMatchObject({ changed: false });
    expect(await one.upload({ full: true })).toMatchObject({ changed: false, behindOurBack: [] });
    await two.download();
    expect(readTree(two.tree)).toEqual(readTree(one.tree));
    expect(ofTimes(two)).toEqual(ofTimes(one));
    expect(await two.upload({ full: true })).toMatchObject({ changed: false, behindOurBack: [] });
  });

  it('odd names are what they are to a check, in a former generation too', async () => {
    for (const name of names) write(one, name, `content of ${JSON.stringify(name)}`);
    await one.upload();
    for (const name of names) write(one, name, `edited ${JSON.stringify(name)}`);
    await one.upload();
    const job = one.jobFor('upload');
    const check = (generation: number, depth: Depth): Promise<Findings> =>
      inPlace(remote, one.context, async (place) => {
        const past = await readPast(place, undefined);
        const chosen = await choose(place, past, { generation }, job.sealKey);
        const journalFile = `${job.recordFile}.verified`;
        return await verifyGeneration(one.context, { place, past, chosen, job, depth, journalFile });
      });
    for (const generation of [1, 2])
      for (const depth of [{ kind: 'quick' }, { kind: 'deep' }] as const)
        expect(await check(generation, depth), `${depth.kind} ${generation}`).toMatchObject({
          damaged: [],
          unchecked: [],
          files: names.length,
        });
    await inPlace(remote, one.context, (place) => place.removeFile('tab\t'));
    expect((await check(2, { kind: 'quick' })).damaged).toMatchObject([
      { object: 'tab\t', damage: 'missing' },
    ]);
  });

  it('what somebody else put where something new comes is kept in the trash, and told', async () => {
    for (const path of ['edited', 'old/inside', 'moves']) write(one, path, `${path}, as it was first`);
    await one.upload();
    const strangers = ['new', 'many/3', 'moved', 'newdir/inside', 'edited'];
    for (const path of strangers) {
      await inPlace(remote, one.context, (place) => place.write(path, Buffer.from(`a stranger's ${path}`)));
    }
    write(one, 'new', 'ours');
    for (let index = 0; index < 9; index += 1) write(one, `many/${index}`, `ours, ${index}`);
    write(one, 'edited', 'edited here');
    renameSync(join(one.tree, 'moves'), join(one.tree, 'moved'));
    renameSync(join(one.tree, 'old'), join(one.tree, 'newdir'));
    const { behindOurBack = [] } = await one.upload();
    expect(behindOurBack.join('; ')).toMatch(/new was added/);
    expect(behindOurBack.join('; ')).toMatch(/many\/3 was added/);
    expect(behindOurBack.join('; ')).toMatch(/moved was added/);
    expect(behindOurBack.join('; ')).toMatch(/newdir/);
    for (const path of strangers) {
      const kept = `.cryptosync/trash/2/${path}`;
      const content = await inPlace(remote, one.context, (place) => place.read(kept, 100));
      expect([path, content?.toString()]).toEqual([path, `a stranger's ${path}`]);
    }
    await two.download();
    expect(readTree(two.tree)).toEqual(readTree(one.tree));
  });

  it('what somebody else put is of another kind than what comes, and kept all the same', async () => {
    for (const path of ['was/ours', 'left/ours', 'plain']) write(one, path, `${path}, as it was first`);
    await one.upload();
    const strangers = ['file/theirs', 'was/theirs', 'left/theirs', ...(kind === 'S3' ? [] : ['directory'])];
    for (const path of strangers) {
      await inPlace(remote, one.context, (place) => place.write(path, Buffer.from(`a stranger's ${path}`)));
    }
    write(one, 'file', 'where a directory stands');
    write(one, 'directory/ours', 'below what is a file there');
    rmSync(join(one.tree, 'was'), { recursive: true });
    write(one, 'was', 'a file now');
    rmSync(join(one.tree, 'left'), { recursive: true });
    write(one, 'later/ours', 'left/ours, as it was first');
    await one.upload();
    const again = await one.upload({ full: true });
    expect(again.consistent).toBe(true);
    await two.download();
    expect(readTree(two.tree)).toEqual(readTree(one.tree));
    const held = Object.values(readTree(join(directory, kind)));
    for (const path of strangers)
      expect(held, path).toContain(createHash('sha256').update(`a stranger's ${path}`).digest('hex'));
  });

  it('tells how far it is in every direction', async () => {
    write(one, 'a', 'x'.repeat(1000));
    write(one, 'b', 'y'.repeat(500));
    // a place that keeps no times can't be brought together in both directions
    const ways = kind === 'WebDAV' ? (['download'] as const) : (['download', 'bothWays'] as const);
    const told: TransferStats[] = [];
    const onProgress = (stats: TransferStats): void => void told.push(stats);
    await one.upload({ onProgress });
    expect(told.at(-1)).toMatchObject({ bytes: 1500, totalBytes: 1500, transfers: 2, totalTransfers: 2 });
    for (const way of ways) {
      const fresh = machineAt(join(directory, `${way}-${number}`), way, remote);
      told.length = 0;
      await fresh[way]({ onProgress });
      expect(readFileSync(join(fresh.tree, 'a'), 'utf8')).toBe('x'.repeat(1000));
      expect(told.at(-1)).toMatchObject({ bytes: 1500, totalBytes: 1500, transfers: 2, totalTransfers: 2 });
    }
  });

  it('what it refuses although it takes others is named, all else goes, and that too when it is let', async () => {
    // the S3 server dies of what the others tell
    const isBehindProxy = kind === 'S3';
    if (isBehindProxy) machines('S3, refusing', 'refusing-N');
    const place = kind === 'a directory' ? remote.path : join(directory, kind, remote.path);
    const close = (): void => {
      if (isBehindProxy) refusing.misbehave({ kind: 'status', status: 403 }, isPutBelowClosed, 1000);
      else execFileSync('chattr', ['+i', join(place, 'closed')]);
    };
    const open = (): void => {
      if (isBehindProxy) refusing.behave();
      else execFileSync('chattr', ['-i', join(place, 'closed')]);
    };
    for (let index = 0; index < 20; index += 1) write(one, `open/${index}`, 'plain');
    for (const path of ['closed/known', 'moves/me']) write(one, path, path);
    await one.upload();
    write(one, 'closed/new', 'new');
    write(one, 'later', 'later');
    renameSync(join(one.tree, 'moves/me'), join(one.tree, 'closed/me'));
    symlinkSync('known', join(one.tree, 'closed/link'));
    mkdirSync(join(one.tree, 'closed/empty'));
    // what holds nothing is in the manifest in any case
    const hasDirectories = kind === 'a directory' || kind === 'SFTP';
    const left = [...(hasDirectories ? ['closed/empty'] : []), 'closed/link', 'closed/me', 'closed/new'];
    const told = (outcome: DirectionOutcome): string[] =>
      (outcome.notCarried ?? []).map(({ path }) => path).sort();
    close();
    try {
      const outcome = await one.upload();
      expect([outcome.generation, outcome.consistent, told(outcome)]).toEqual([2, false, left]);
      expect(outcome.notCarried?.[0]?.why).toContain('the remote refuses it, and takes others');
      expect(told(await one.upload())).toEqual(left);
      // a place that keeps no times can't be brought together in both directions
      if (kind !== 'WebDAV') expect(told(await one.bothWays())).toEqual(left);
      await two.download();
      const here = readTree(one.tree);
      expect(readTree(two.tree)).toEqual(
        Object.fromEntries(Object.entries(here).filter(([path]) => !left.includes(path))),
      );
      const kept = await inPlace(remote, one.context, (at) => at.read('.cryptosync/trash/2/moves/me', 100));
      expect(kept?.toString()).toBe('moves/me');
      // what is edited has left its path by then: that ends a run, and the generation before is whole
      write(one, 'closed/known', 'edited');
      await expect(one.upload()).rejects.toMatchObject({ code: expect.stringMatching(/^(SYNC|REMOTE)_/) });
    } finally {
      open();
    }
    expect(await one.upload()).toMatchObject({ consistent: true, notCarried: [] });
    await two.download();
    expect(readTree(two.tree)).toEqual(readTree(one.tree));
    expect(await one.upload({ full: true })).toMatchObject({ changed: false, behindOurBack: [] });
  });

  it('paths that are too long for it, or for the system, are named, and all others go', async () => {
    const name = 'n'.repeat(203);
    const held = new HeldTree(one.tree);
    // each holds a file: the S3 server lists no directory of directories alone
    const depths = Array.from({ length: 22 }, (_, index) => index + 1);
    const pathAt = (depth: number): string => Array.from({ length: depth }, () => name).join('/');
    for (const depth of depths) writeFileSync(held.enter(pathAt(depth), true).at('file'), `lies at ${depth}`);
    held.forget();
    for (let index = 0; index < 30; index += 1) write(one, `plain/${index}`, 'plain\n');
    // a directory's depth ends where the path of what is in it would be longer than 4,093 bytes
    const deepest = { 'a directory': 20, WebDAV: 18, SFTP: 18, S3: 4 }[kind];
    const told = (outcome: DirectionOutcome): (string | undefined)[] =>
      (outcome.notCarried ?? []).map(({ path }) => path).filter((path) => path.endsWith('/file'));
    const left = depths
      .filter((depth) => depth > deepest && depth <= 20)
      .map((depth) => `${pathAt(depth)}/file`);
    const first = await one.upload();
    expect([first.consistent, told(first)]).toEqual([false, left]);
    expect(first.notCarried?.map(({ path }) => path)).toContain(pathAt(21));
    expect(await one.upload({ full: true })).toMatchObject({ changed: false, behindOurBack: [] });
    await two.download();
    const filesOf = ({ tree }: Machine): string[] =>
      execFileSync('find', ['.', '-type', 'f', '-execdir', 'cat', '{}', '+', '-printf', '\\n'], {
        cwd: tree,
        encoding: 'utf8',
      })
        .split('\n')
        .filter((line) => line !== '')
        .sort();
    const carried = depths.filter((depth) => depth <= deepest).map((depth) => `lies at ${depth}`);
    const plain = Array.from({ length: 30 }, () => 'plain');
    expect(filesOf(two)).toEqual([...carried, ...plain].sort());
    // and leave like others
    execFileSync('rm', ['-rf', join(one.tree, name)]);
    expect(await one.upload()).toMatchObject({ consistent: true, notCarried: [] });
    await two.download();
    expect(filesOf(two)).toEqual(plain);
  });
});

describe('at a directory of this machine', () => {
  // rclone's places tell no directory that is empty, and see it only when they list all
  it('one with nothing in it gives way to a file at the first try', async () => {
    machines('a directory', 'hollow-N');
    write(one, 'first', 'first');
    await one.upload();
    await inPlace(remote, one.context, (place) => place.makeDirectory('hollow'));
    write(one, 'hollow', 'a file');
    await one.upload();
    expect(one.context.logged.filter((line) => line.includes('tries again'))).toEqual([]);
    await two.download();
    expect(readTree(two.tree)).toEqual(readTree(one.tree));
  });
});

describe.each(['WebDAV', 'SFTP', 'S3'] as const)('at %s', (kind) => {
  it('names that rclone takes for one another are named, but for one of them', async () => {
    machines(kind, 'twins-N');
    for (const name of ['a\nb', 'a␊b', 'a\rb', 'alone␊']) write(one, name, name);
    const result = await one.upload();
    expect(result.notCarried?.map(({ path }) => path).toSorted()).toEqual(['a\\x0Db', 'a␊b']);
    expect(result.consistent).toBe(false);
    await two.download();
    expect(Object.keys(readTree(two.tree)).toSorted()).toEqual(['a\nb', 'alone␊']);
  });
});
