/** Sessions over HTTP: the built server, real sockets, and what a client gets, whatever it sends. */
import { lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateEncryptionKey } from '../../src/secrets/encryption-key.ts';
import { misfits } from '../support/described.ts';
import { createInstallation, type Installation } from '../support/installation.ts';
import { pause, waitUntil } from '../support/machine.ts';
import { keysInMemory } from '../support/memory.ts';
import { type Service, seenAnswers, startService, writeWorkloads } from '../support/service.ts';
import { readTree, writeFiles } from '../support/tree.ts';

const key = generateEncryptionKey();
const claim = { workloadId: 'site', encryptionKey: key };

let installation: Installation;
let service: Service;
beforeAll(async () => {
  installation = createInstallation();
  writeWorkloads(installation, {
    site: {},
    open: { policy: { encryption: 'none' } },
    slow: {
      policy: { encryption: 'none' },
      hooks: { claim: ['/bin/sleep', '1'], release: ['/bin/sleep', '1'] },
    },
    gone: { sink: { type: 'webdav', url: 'http://127.0.0.1:1/', vendor: 'other' } as never },
  });
  service = await startService(installation);
});
afterAll(() => installation.cleanUp());

const at = (tenant: string, ...rest: string[]): string => ['/api/v1/tenants', tenant, ...rest].join('/');
const directory = (tenant: string): string => installation.client(tenant, 'session');

describe('a tenant over HTTP', () => {
  it('is claimed, synced, shown and released, and its files are there at the next claim', async () => {
    const claimed = await service.claim('acme', claim);
    expect(claimed.status).toBe(200);
    expect(claimed.json).toEqual({
      tenantId: 'acme',
      containerId: null,
      endpoints: { directory: directory('acme') },
      encryption: { enabled: true, filenameEncryption: 'standard' },
      sync: { outcome: 'empty', files: 0, bytes: 0, generation: null },
    });
    writeFiles(directory('acme'), { 'a.txt': 'one', 'deep/b.txt': 'two' });
    const synced = await service.ask('POST', at('acme', 'sync'));
    expect(synced.json).toMatchObject({
      tenantId: 'acme',
      sync: { outcome: 'synced', files: 2, generation: 1 },
    });
    expect((await service.ask('GET', at('acme'))).json).toMatchObject({ state: 'active', generation: 1 });
    expect((await service.ask('GET', '/api/v1/tenants')).json.tenants).toHaveLength(1);
    const tree = readTree(directory('acme'));
    expect((await service.ask('POST', at('acme', 'release'))).json).toMatchObject({
      outcome: 'released',
      sync: { outcome: 'unchanged' },
      files: 'removed',
    });
    const names = readTree(installation.path('sink'));
    expect(JSON.stringify(names)).not.toContain('a.txt');
    expect((await service.ask('GET', at('acme'))).status).toBe(404);
    expect((await service.claim('acme', claim)).json.sync).toMatchObject({
      outcome: 'synced',
      generation: 1,
    });
    expect(readTree(directory('acme'))).toEqual(tree);
    expect((await service.claim('acme', claim)).json.error).toBe('ALREADY_CLAIMED');
    expect((await service.ask('POST', at('acme', 'release'), { body: { force: true } })).status).toBe(200);
  });

  it('is claimed by a client that does not wait, which is told how it went', async () => {
    const patient = { prefer: 'respond-async' };
    const accepted = await service.claim('late', { workloadId: 'open' }, patient);
    expect([accepted.status, accepted.headers.location]).toEqual([202, at('late')]);
    expect((await service.ask('GET', at('late'))).json).toMatchObject({ state: 'claiming' });
    const isActive = async (): Promise<boolean> =>
      (await service.ask('GET', at('late'))).json.state === 'active';
    expect(await waitUntil(isActive, 30_000)).toBe(true);
    await service.ask('POST', at('late', 'release'));
    // the key of another
    expect(
      (await service.claim('acme', { ...claim, encryptionKey: generateEncryptionKey() }, patient)).status,
    ).toBe(202);
    const hasFailed = async (): Promise<boolean> => (await service.ask('GET', at('acme'))).status === 422;
    expect(await waitUntil(hasFailed, 30_000)).toBe(true);
    expect((await service.ask('GET', at('acme'))).json).toEqual({
      error: 'DECRYPTION_FAILED',
      message: 'Failed to decrypt data. Please verify your encryption key.',
    });
  });

  it('is waited for while another claim holds it', async () => {
    await service.claim('busy', { workloadId: 'open' });
    const waiting = service.claim('busy', { workloadId: 'open', wait: '30s' });
    await pause(300);
    await service.ask('POST', at('busy', 'release'));
    expect((await waiting).status).toBe(200);
    await service.ask('POST', at('busy', 'release'));
  });
});

describe('a client that goes away', () => {
  it('calls its claim off, and is not missed by a release', async () => {
    const claiming = await leaveAfter(service.address, at('left', 'claim'), '{"workloadId":"slow"}');
    expect(claiming).toBe('');
    const isGone = async (): Promise<boolean> => (await service.ask('GET', at('left'))).status === 404;
    // one that had come as far as its hook is interrupted, as nobody knows what the hook has begun
    const isCalledOff = async (): Promise<boolean> =>
      ['interrupted', undefined].includes((await service.ask('GET', at('left'))).json.state);
    expect(await waitUntil(isCalledOff, 20_000)).toBe(true);
    await service.claim('left', { workloadId: 'open' });
    await leaveAfter(service.address, at('left', 'release'), '{}');
    expect(await waitUntil(isGone, 20_000)).toBe(true);
  });
});

describe('what can’t be claimed', () => {
  const stray = generateEncryptionKey();
  const invalid = { status: 400, error: 'INVALID_REQUEST' };
  const invalidKey = {
    status: 400,
    error: 'INVALID_ENCRYPTION_KEY',
    message: 'Encryption key must be 32 bytes encoded as base64',
  };
  const text = (body: string): Buffer => Buffer.from(body);

  it.each([
    ['no body', undefined, invalid],
    ['an empty body', text(''), invalid],
    ['no JSON', text(`workloadId=site&encryptionKey=${stray}`), invalid],
    ['a torn body', text(`{"workloadId":"site","encryptionKey":"${stray}`), invalid],
    ['a list', [claim], invalid],
    ['a body nested 10,000 deep', text('{"a":'.repeat(10_000)), { status: 413, error: 'TOO_LARGE' }],
    ['a body nested 3,000 deep', text('{"a":'.repeat(3000)), invalid],
    ['no workload', { encryptionKey: stray }, invalid],
    ['the key as the workload', { workloadId: stray, encryptionKey: stray }, invalid],
    ['the key in a wrong field', { workloadId: 'site', encryptionKye: stray }, invalid],
    ['the key as a field', { workloadId: 'site', [stray]: true }, invalid],
    ['the key in an object', { workloadId: 'site', encryptionKey: { key: stray } }, invalidKey],
    ['a key of a wrong type', { ...claim, encryptionKey: 5 }, invalidKey],
    ['half a key', { ...claim, encryptionKey: stray.slice(0, 20) }, invalidKey],
    ['a key for URLs', { ...claim, encryptionKey: Buffer.alloc(32, 0xff).toString('base64url') }, invalidKey],
    ['a key of zeroes', { ...claim, encryptionKey: Buffer.alloc(32).toString('base64') }, invalidKey],
    ['a salt alone', { workloadId: 'site', encryptionSalt: stray }, invalid],
    [
      'half a salt',
      { ...claim, encryptionSalt: 'short' },
      { ...invalidKey, message: 'Encryption salt must be 32 bytes encoded as base64' },
    ],
    ['a contradiction', { ...claim, encryptFilenames: false, filenameEncryption: 'standard' }, invalid],
    ['a mode that is none', { ...claim, filenameEncryption: 'rot13' }, invalid],
    ['a key where none is taken', { workloadId: 'open', encryptionKey: stray }, invalid],
    ['no key where one is needed', { workloadId: 'site' }, { status: 422, error: 'KEY_REQUIRED' }],
    ['an unknown workload', { ...claim, workloadId: 'nix' }, { status: 404, error: 'WORKLOAD_NOT_FOUND' }],
    [
      'a sink that is not there',
      { ...claim, workloadId: 'gone' },
      { status: 502, error: 'REMOTE_UNREACHABLE' },
    ],
    ['100 MB', Buffer.alloc(100_000_000, 0x20), { status: 413, error: 'TOO_LARGE' }],
  ])('%s is told as such', async (_what, body, expected) => {
    const answer = await service.claim('acme', body as object).catch((error: NodeJS.ErrnoException) => error);
    // a client that goes on sending may not come to hear why nobody listens
    if (answer instanceof Error) return expect([expected.status, answer.code]).toEqual([413, 'EPIPE']);
    const { error, message } = answer.json;
    expect({ status: answer.status, error, message }).toMatchObject(expected);
    expect(Object.keys(answer.json)).toEqual(['error', 'message']);
    expect(answer.text).not.toContain(stray.slice(0, 8));
  });

  it.each([
    ['GET', at('..')],
    ['GET', at('-acme')],
    ['GET', at('a'.repeat(65))],
    ['POST', at('a%2fb', 'sync')],
    ['GET', at('%e0')],
  ] as const)('a tenant that has no name is told as such: %s %s', async (method, path) => {
    const { status, json } = await service.ask(method, path);
    expect([400, 404]).toContain(status);
    expect(['INVALID_TENANT_ID', 'NOT_FOUND', 'INVALID_REQUEST']).toContain(json.error);
  });

  it.each([
    ['POST', at('nobody', 'sync'), 'TENANT_NOT_CLAIMED'],
    ['POST', at('nobody', 'release'), 'TENANT_NOT_CLAIMED'],
    ['GET', at('nobody'), 'TENANT_NOT_CLAIMED'],
    ['GET', '/api/v1/other', 'NOT_FOUND'],
    ['GET', at('acme', 'claim'), 'NOT_FOUND'],
  ] as const)('%s %s is 404', async (method, path, error) => {
    const answer = await service.ask(method, path);
    expect([answer.status, answer.json.error]).toEqual([404, error]);
  });

  it('a body or a head that comes a byte a second is not waited for', async () => {
    const body = JSON.stringify({ workloadId: 'site', encryptionKey: stray });
    const head = `POST ${at('slow', 'claim')} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n`;
    const whole = `${head}Content-Length: ${body.length}\r\n\r\n`;
    const [slowBody, slowHead] = await Promise.all([
      trickle(service.address, whole, body),
      trickle(service.address, '', whole),
    ]);
    for (const answer of [slowBody, slowHead]) {
      expect(answer).toMatch(/^HTTP\/1\.1 408 /);
      expect(answer).toContain('"error":"REQUEST_TIMEOUT"');
    }
  });

  it('leaves nothing of a key, neither in the memory of the server nor in its log', () => {
    expect(keysInMemory(service.pid, { stray })).toEqual({});
    expect(readFileSync(installation.logFile, 'utf8')).not.toContain(stray.slice(0, 8));
  });
});

describe('the server', () => {
  it('tells that it runs, that it is ready, and how it does', async () => {
    expect((await service.ask('GET', '/healthz')).json).toEqual({ status: 'ok' });
    expect((await service.ask('GET', '/readyz')).json).toEqual({ status: 'ready' });
    const { text } = await service.ask('GET', '/metrics');
    expect(text).toMatch(/^cryptosync_operation_seconds_count\{operation="claim",outcome="done"\} [1-9]/m);
    expect(text).toMatch(
      /^cryptosync_operation_seconds_count\{operation="claim",outcome="DECRYPTION_FAILED"\} 1/m,
    );
    expect(text).toMatch(/^cryptosync_ready 1$/m);
    expect(text).not.toContain('acme');
  });

  it('listens where its owner alone can connect, and once', async () => {
    const { mode } = lstatSync(service.address);
    expect(mode & 0o777).toBe(0o600);
    const second = await installation.cryptosync(['serve', '--socket', service.address, '--workloads', '/']);
    expect(second.exitCode).toBe(75);
    expect(second.stderr).toContain('another server listens');
  });

  it('replaces the socket of one that was killed, and refuses what is no socket', async () => {
    const killed = await startService(installation);
    killed.running.child.kill('SIGKILL');
    await killed.running.finished;
    const next = await startService(installation, [], { CRYPTOSYNC_SOCKET: killed.address });
    expect((await next.ask('GET', '/healthz')).status).toBe(200);
    next.running.child.kill('SIGTERM');
    expect((await next.running.finished).exitCode).toBe(0);
    const file = installation.path('a file');
    writeFileSync(file, 'mine');
    const refused = await installation.cryptosync(['serve', '--socket', file, '--workloads', '/']);
    expect([refused.exitCode, readFileSync(file, 'utf8')]).toEqual([10, 'mine']);
  });

  it('sends what every tenant has changed when it is told to end, and then forgets them', async () => {
    const ending = await startService(installation);
    for (const tenant of ['one', 'two']) await ending.claim(tenant, { workloadId: 'slow' });
    writeFiles(directory('one'), { 'last words': 'x' });
    ending.running.child.kill('SIGTERM');
    const isDraining = async (): Promise<boolean> => (await ending.ask('GET', '/readyz')).status === 503;
    expect(await waitUntil(isDraining, 10_000)).toBe(true);
    const refused = await ending.claim('three', { workloadId: 'open' });
    expect([refused.status, refused.json.error]).toEqual([503, 'DRAINING']);
    const { exitCode, stdout } = await ending.running.finished;
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('every key is wiped')]);
    expect(readFileSync(join(installation.path('sink'), 'one', 'last words'), 'utf8')).toBe('x');
  });

  it('answers nothing that its description does not say', async () => {
    const { json } = await service.ask('GET', '/api/v1/openapi.json');
    expect(misfits(json, seenAnswers)).toEqual([]);
    expect(seenAnswers.length).toBeGreaterThan(50);
  });
});

/** Asks for something, and goes away after a while. @returns what had come until then */
async function leaveAfter(socketPath: string, path: string, body: string): Promise<string> {
  const socket = connect(socketPath);
  let answer = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    answer += chunk;
  });
  const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n`;
  socket.write(`${head}Content-Length: ${body.length}\r\n\r\n${body}`);
  await pause(300);
  socket.destroy();
  return answer;
}

/** Sends the first part at once and the second a byte a second, until an answer comes. */
function trickle(path: string, first: string, rest: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    let answer = '';
    let next = 0;
    socket.write(first);
    const timer = setInterval(() => socket.write(rest[next++] ?? ''), 1000);
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      answer += chunk;
    });
    socket.once('error', reject);
    socket.once('close', () => {
      clearInterval(timer);
      resolve(answer);
    });
  });
}
