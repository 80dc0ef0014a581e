/** Sessions over HTTP with sinks that are servers: what arrives there, what comes back, and what a client is told when they don't serve. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sink } from '../../src/remotes/sinks/index.ts';
import { generateEncryptionKey } from '../../src/secrets/encryption-key.ts';
import { misfits } from '../support/described.ts';
import { createInstallation, type Installation } from '../support/installation.ts';
import { startMisbehavingServer } from '../support/misbehaving.ts';
import { serveSink } from '../support/model/places.ts';
import { type LoopbackProxy, startProxy } from '../support/proxy.ts';
import { knownHostsLine, makeKey, type Server } from '../support/serve.ts';
import {
  type SeenAnswer,
  type Service,
  seenAnswers,
  startService,
  writeWorkloads,
} from '../support/service.ts';
import { readTree, writeFiles } from '../support/tree.ts';

const kinds = ['s3', 'webdav', 'sftp'] as const;
type Kind = (typeof kinds)[number];

interface Serving {
  readonly server: Server;
  /** In front of it: where the sink says that it is. */
  readonly line: LoopbackProxy;
  /** What it keeps, on its disk. */
  readonly served: string;
  readonly sink: Sink;
}

const [key, wrongKey] = [generateEncryptionKey(), generateEncryptionKey()];

let installation: Installation;
let service: Service;
let servings: Record<Kind, Serving>;
/** Claims at sinks that never answer, which take their time beside everything else. */
let silent: Promise<(readonly [string, SeenAnswer])[]>;

beforeAll(async () => {
  installation = createInstallation();
  const all = await Promise.all(kinds.map(async (kind) => [kind, await serving(kind)] as const));
  servings = Object.fromEntries(all) as Record<Kind, Serving>;
  const quiet = await startProxy(1, 'silent');
  const forbidding = await startMisbehavingServer(servings.webdav.server.port);
  forbidding.misbehave({ kind: 'status', status: 403 }, () => true, Number.POSITIVE_INFINITY);
  for (const one of [quiet, forbidding]) installation.atCleanUp(() => one.close());
  const optional = (sink: Sink): object => ({ sink, policy: { encryption: 'optional' } });
  const workloads = Object.fromEntries([
    ...kinds.flatMap((kind) => [
      [kind, optional(servings[kind].sink)],
      [`${kind}-silent`, optional(moved(kind, quiet.port))],
      [`${kind}-refusing`, optional(refusing(kind))],
    ]),
    ['webdav-forbidding', optional(moved('webdav', forbidding.port))],
  ]);
  writeWorkloads(installation, workloads);
  service = await startService(installation, ['--concurrency', '8']);
  const claims = kinds.map(async (kind) => {
    const claim = { workloadId: `${kind}-silent`, ...(kind !== 'webdav' && { encryptionKey: key }) };
    return [kind, await service.claim(`quiet-${kind}`, claim)] as const;
  });
  silent = Promise.all(claims);
});
afterAll(() => installation.cleanUp());

async function serving(kind: Kind): Promise<Serving> {
  const [served, own] = [installation.path(`${kind}-disk`), installation.path(`${kind}-keys`)];
  for (const path of [served, own]) mkdirSync(path);
  const server = await serveSink(kind, served, own);
  const line = await startProxy(server.port);
  installation.atCleanUp(async () => {
    await line.close();
    await server.stop();
  });
  const serves = { server, line, served, sink: atPort(server.sink, line.port) };
  if (serves.sink.type === 'sftp') trust(serves.sink.knownHostsFile ?? '', own, line.port);
  return serves;
}

function atPort(sink: Sink, port: number): Sink {
  switch (sink.type) {
    case 's3':
      return { ...sink, endpoint: `http://127.0.0.1:${port}` };
    case 'webdav':
      return { ...sink, url: `http://127.0.0.1:${port}` };
    case 'sftp':
      return { ...sink, port };
    default:
      return sink;
  }
}

/** The same sink at another port of this machine. */
function moved(kind: Kind, port: number): Sink {
  const sink = atPort(servings[kind].sink, port);
  if (sink.type === 'sftp') trust(sink.knownHostsFile ?? '', installation.path('sftp-keys'), port);
  return sink;
}

function trust(file: string, keys: string, port: number): void {
  const known = readFileSync(file, 'utf8');
  writeFileSync(file, known + knownHostsLine(port, join(keys, 'host_key')));
}

/** The same sink with credentials that it does not take. */
function refusing(kind: Kind): Sink {
  const { sink } = servings[kind];
  if (sink.type === 's3') return { ...sink, accessKeyId: 'NOBODY' };
  if (sink.type !== 'sftp') return sink;
  const keyFile = installation.path('strange_key');
  makeKey(keyFile);
  return { ...sink, keyFile };
}

const at = (tenant: string, what: string): string => `/api/v1/tenants/${tenant}/${what}`;
const directory = (tenant: string): string => installation.client(tenant, 'session');
const files = { 'a name.txt': 'the first words', 'deep/er/b': 'the second words', empty: '' };

describe.each(kinds)('a tenant whose sink is %s', (kind) => {
  const post = (tenant: string, what: string): Promise<SeenAnswer> => service.ask('POST', at(tenant, what));

  it('finds what it left, by its key alone, and the sink can read nothing', async () => {
    const tenant = `kept-${kind}`;
    const claim = { workloadId: kind, encryptionKey: key };
    expect((await service.claim(tenant, claim)).json.sync).toMatchObject({ outcome: 'empty' });
    writeFiles(directory(tenant), files);
    expect((await post(tenant, 'sync')).json.sync).toMatchObject({ files: 3, generation: 1 });
    writeFiles(directory(tenant), { 'a name.txt': 'edited since' });
    const tree = readTree(directory(tenant));
    expect((await post(tenant, 'release')).json).toMatchObject({ sync: { files: 1 }, files: 'removed' });
    expect(readdirSync(directory(tenant))).toEqual([]);
    const kept = JSON.stringify(readTree(servings[kind].served));
    for (const plain of ['a name', 'deep', 'words', 'edited']) expect(kept).not.toContain(plain);
    for (const encryptionKey of [wrongKey, undefined]) {
      const refused = await service.claim(tenant, { ...claim, encryptionKey });
      const wanted = encryptionKey === undefined ? 'KEY_REQUIRED' : 'DECRYPTION_FAILED';
      expect([refused.status, refused.json.error]).toEqual([422, wanted]);
      expect(readdirSync(directory(tenant))).toEqual([]);
    }
    const again = await service.claim(tenant, claim);
    expect(again.json.sync).toMatchObject({ outcome: 'synced', files: 3, generation: 2 });
    expect(readTree(directory(tenant))).toEqual(tree);
    expect((await post(tenant, 'release')).status).toBe(200);
  });

  it('stays claimed while its sink is down, with its files, and is released when it is back', async () => {
    const tenant = `down-${kind}`;
    const { line } = servings[kind];
    await service.claim(tenant, { workloadId: kind });
    writeFiles(directory(tenant), files);
    line.setManner('refuse');
    const failed = await post(tenant, 'release');
    expect([failed.status, failed.json.error]).toEqual([502, 'REMOTE_UNREACHABLE']);
    expect((await service.ask('GET', `/api/v1/tenants/${tenant}`)).json).toMatchObject({
      state: 'release failed',
      lastSync: { error: { error: 'REMOTE_UNREACHABLE' } },
    });
    expect(Object.keys(readTree(directory(tenant)))).toContain('a name.txt');
    const refused = await service.claim(`new-${kind}`, { workloadId: kind, encryptionKey: key });
    expect([refused.status, refused.json.error]).toEqual([502, 'REMOTE_UNREACHABLE']);
    line.setManner('open');
    expect((await post(tenant, 'release')).json).toMatchObject({ outcome: 'released', sync: { files: 3 } });
  });
});

it.each(['s3-refusing', 'sftp-refusing', 'webdav-forbidding'])(
  'a sink that refuses is told as such: %s',
  async (workloadId) => {
    for (const encryptionKey of [undefined, key]) {
      const { status, json } = await service.claim(`at-${workloadId}`, { workloadId, encryptionKey });
      expect([status, json.error]).toEqual([502, 'REMOTE_AUTH_FAILED']);
    }
  },
);

it('a sink that is silent is told as such', { timeout: 120_000 }, async () => {
  const answers = await silent;
  const told = answers.map(([kind, { status, json }]) => [kind, status, json.error]);
  expect(told).toEqual(kinds.map((kind) => [kind, 504, 'REMOTE_UNREACHABLE']));
});

it('answers nothing that the description does not say', async () => {
  const { json } = await service.ask('GET', '/api/v1/openapi.json');
  expect(misfits(json, seenAnswers)).toEqual([]);
});
