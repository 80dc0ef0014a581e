/** Several nodes with one PostgreSQL: a tenant is claimed on one of them, whatever becomes of nodes and database. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sinkRemote } from '../../src/remotes/sinks/index.ts';
import { generateEncryptionKey } from '../../src/secrets/encryption-key.ts';
import { Secret } from '../../src/secrets/secret.ts';
import { createInstallation, type Installation } from '../support/installation.ts';
import { pause, waitUntil } from '../support/machine.ts';
import { copyBack } from '../support/model/world.ts';
import { type Postgres, startPostgres } from '../support/postgres.ts';
import { type LoopbackProxy, startProxy } from '../support/proxy.ts';
import { type SeenAnswer, type Service, startService, writeWorkloads } from '../support/service.ts';

const token = '0123456789abcdef0123456789abcdef';
const headers = { authorization: `Bearer ${token}` };

interface Node {
  readonly name: string;
  /** Its way to the database. */
  readonly line: LoopbackProxy;
  service: Service;
  post(path: string, body?: object): Promise<SeenAnswer>;
  get(path: string): Promise<SeenAnswer>;
  /** The directory of a tenant on this node. */
  directory(tenant: string): string;
  kill(): Promise<void>;
  restart(): Promise<void>;
}

let installation: Installation;
let database: Postgres;
let nodes: [Node, Node, Node];

beforeAll(async () => {
  installation = createInstallation();
  database = await startPostgres();
  writeFileSync(installation.path('token'), token, { mode: 0o600 });
  writeWorkloads(installation, { open: { policy: { encryption: 'optional' } } });
  nodes = [await startNode('first'), await startNode('second'), await startNode('third')];
});
afterAll(async () => {
  await installation.cleanUp();
  await database.stop();
});

async function startNode(name: string): Promise<Node> {
  const line = await startProxy(database.port);
  installation.atCleanUp(() => line.close());
  const root = installation.path(name);
  mkdirSync(root);
  const start = (): Promise<Service> => {
    const where = ['--listen', '127.0.0.1:0', '--token-file', installation.path('token'), '--root', root];
    return startService(installation, where, { CRYPTOSYNC_REGISTRY: database.url(line.port) });
  };
  const node: Node = {
    name,
    line,
    service: await start(),
    post: (path, body) =>
      node.service.ask('POST', `/api/v1/tenants/${path}`, { headers, ...(body && { body }) }),
    get: (path) => node.service.ask('GET', path, { headers }),
    directory: (tenant) => join(root, tenant, 'session'),
    async kill() {
      node.service.running.child.kill('SIGKILL');
      await node.service.running.finished;
    },
    async restart() {
      node.service = await start();
    },
  };
  return node;
}

const claim = (node: Node, tenant: string): Promise<SeenAnswer> =>
  node.post(`${tenant}/claim`, { workloadId: 'open' });

/** Of the tenants that are encrypted. */
const key = generateEncryptionKey();

async function isReady(node: Node): Promise<boolean> {
  return (await node.get('/readyz')).status === 200;
}

/** Claims as soon as the node has its database and nobody holds the tenant any more. */
async function claimSoon(node: Node, tenant: string, encryptionKey?: string): Promise<void> {
  expect(await waitUntil(() => isReady(node), 20_000)).toBe(true);
  const body = { workloadId: 'open', wait: '30s', ...(encryptionKey && { encryptionKey }) };
  const answer = await node.post(`${tenant}/claim`, body);
  expect([answer.status, answer.text]).toEqual([200, expect.anything()]);
}

describe('a tenant of several nodes', () => {
  it('is claimed on one, and everybody is told on which', async () => {
    const [first, second, third] = nodes;
    expect((await claim(first, 'acme')).status).toBe(200);
    writeFileSync(join(first.directory('acme'), 'a'), 'one');
    const refused = await claim(second, 'acme');
    expect([refused.status, refused.json.error]).toEqual([409, 'ALREADY_CLAIMED']);
    expect(refused.json.message).toContain(first.service.address);
    for (const path of ['acme/sync', 'acme/release']) {
      const { status, headers: sent } = await third.post(path);
      expect([status, sent.location]).toEqual([307, `${first.service.address}/api/v1/tenants/${path}`]);
    }
    const row = database.sql('select tenant_id, address from cryptosync_claims').trim();
    expect(row).toBe(`acme|${first.service.address}`);
    const server = ['--server', third.service.address, '--token-file', installation.path('token')];
    const released = await installation.cryptosync([
      'session',
      'release',
      '--client',
      'acme',
      ...server,
      '--json',
    ]);
    expect(released.json).toMatchObject({ outcome: 'released', sync: { files: 1 } });
    expect(database.sql('select count(*) from cryptosync_claims').trim()).toBe('0');
    await claimSoon(second, 'acme');
    expect(readFileSync(join(second.directory('acme'), 'a'), 'utf8')).toBe('one');
    await second.post('acme/release');
  });

  it('is free again when its node was killed', async () => {
    const [first, second] = nodes;
    await claimSoon(first, 'orphan');
    await first.kill();
    await claimSoon(second, 'orphan');
    await second.post('orphan/release');
    await first.restart();
  });

  it('stays with a node that loses its database, which takes no other until it is back', async () => {
    const [first, second, third] = nodes;
    await claimSoon(third, 'kept');
    third.line.setManner('refuse');
    expect(await waitUntil(async () => !(await isReady(third)), 20_000)).toBe(true);
    const { status, json } = await third.get('/readyz');
    expect([status, json]).toEqual([
      503,
      { status: 'not ready', message: expect.stringContaining('registry') },
    ]);
    const refused = await claim(third, 'more');
    expect([refused.status, refused.json.error]).toEqual([503, 'NOT_READY']);
    writeFileSync(join(third.directory('kept'), 'b'), 'two');
    expect((await third.post('kept/sync')).json.sync).toMatchObject({ files: 1 });
    third.line.setManner('open');
    expect(await waitUntil(() => isReady(third), 20_000)).toBe(true);
    expect((await claim(second, 'kept')).json.error).toBe('ALREADY_CLAIMED');
    expect((await third.post('kept/release')).status).toBe(200);
    await claimSoon(first, 'kept');
    expect(readFileSync(join(first.directory('kept'), 'b'), 'utf8')).toBe('two');
    await first.post('kept/release');
  });

  it('can’t be sent over its successor by a node that was away', async () => {
    const [first, second] = nodes;
    await claimSoon(first, 'fenced');
    writeFileSync(join(first.directory('fenced'), 'old'), 'old');
    await first.post('fenced/sync');
    await pausedWhileTaken(first, second, 'fenced');
    writeFileSync(join(second.directory('fenced'), 'new'), 'new');
    expect((await second.post('fenced/sync')).status).toBe(200);
    first.service.running.child.kill('SIGCONT');
    writeFileSync(join(first.directory('fenced'), 'late'), 'late');
    // by the generation at once, and as soon as the node has heard of it by its registry
    expect(refusals).toContain((await first.post('fenced/sync')).json.error);
    const isTold = async (): Promise<boolean> => (await first.post('fenced/sync')).status === 307;
    expect(await waitUntil(isTold, 20_000)).toBe(true);
    expect(readFileSync(join(first.directory('fenced'), 'late'), 'utf8')).toBe('late');
    expect((await second.post('fenced/release')).status).toBe(200);
    expect(existsSync(stored('fenced', 'late'))).toBe(false);
    expect(readFileSync(stored('fenced', 'new'), 'utf8')).toBe('new');
  });

  /** SOAK_SEED plays another one; a failure says which it was. */
  const seed = Number(process.env['SOAK_SEED'] ?? 9);
  it.each([
    ['in the clear', 'roaming', undefined, seed],
    ['encrypted', 'hidden', key, seed + 1],
  ] as const)(
    'loses no commit and doubles none, while nodes are killed and paused, on a sink that is %s',
    { retry: 0 },
    async (_how, tenant, encryptionKey, from) => {
      const commits: Commit[] = [];
      const steps: string[] = [];
      try {
        await roam({ tenant, encryptionKey, random: randomFrom(from), commits, steps });
        const generations = commits.map(({ generation }) => generation);
        expect(new Set(generations).size).toBe(commits.length);
        expect(generations).toEqual([...generations].sort((one, other) => one - other));
        // by the files alone, as nothing of this program wrote them: rclone's own way to them where they are encrypted
        const copy = readBack(tenant, encryptionKey);
        for (const { file } of commits) expect(readFileSync(join(copy, file), 'utf8')).toBe(file);
      } catch (error) {
        throw new Error(`seed ${from}, after ${steps.join(', ')}`, { cause: error });
      }
    },
  );
});

interface Commit {
  readonly generation: number;
  readonly file: string;
}

interface Roaming {
  readonly tenant: string;
  readonly encryptionKey: string | undefined;
  readonly random: (bound: number) => number;
  /** What was answered to be committed. */
  readonly commits: Commit[];
  /** What was done, for a failure. */
  readonly steps: string[];
}

/** A tenant that is committed and goes on to another node, round by round: released there, left by a kill, or by a pause. */
async function roam({ tenant, encryptionKey, random, commits, steps }: Roaming): Promise<void> {
  let holder: Node = nodes[0];
  await claimSoon(holder, tenant, encryptionKey);
  for (let round = 0; round < 6; round += 1) {
    const file = `file-${round}`;
    writeFileSync(join(holder.directory(tenant), file), file);
    const { status, json } = await holder.post(`${tenant}/sync`);
    expect(status).toBe(200);
    commits.push({ generation: json.sync.generation, file });
    const others = nodes.filter((node) => node !== holder);
    const next = others[random(others.length)] ?? holder;
    const way = (['killed', 'paused', 'released'] as const)[random(3)] ?? 'released';
    steps.push(`${holder.name} ${way}`);
    if (way === 'killed') {
      await holder.kill();
      await claimSoon(next, tenant, encryptionKey);
      await holder.restart();
    } else if (way === 'paused') {
      await pausedWhileTaken(holder, next, tenant, encryptionKey);
      writeFileSync(join(next.directory(tenant), `taken-${round}`), file);
      expect((await next.post(`${tenant}/sync`)).status).toBe(200);
      holder.service.running.child.kill('SIGCONT');
      // it is not lost: the next claim on that node brings it along
      writeFileSync(join(holder.directory(tenant), `late-${round}`), file);
      expect(refusals).toContain((await holder.post(`${tenant}/sync`)).json.error);
      const before = holder;
      const isTold = async (): Promise<boolean> => (await before.post(`${tenant}/sync`)).status === 307;
      expect(await waitUntil(isTold, 20_000)).toBe(true);
    } else {
      await holder.post(`${tenant}/release`);
      await claimSoon(next, tenant, encryptionKey);
    }
    holder = next;
  }
  await holder.post(`${tenant}/release`);
}

/** A tenant's files, brought back by rclone alone. @returns the directory */
function readBack(tenant: string, encryptionKey: string | undefined): string {
  const raw = sinkRemote({ type: 'local', root: installation.path('sink') }, tenant, '');
  const crypt = { filenameEncryption: 'standard', directoryNameEncryption: true } as const;
  const place =
    encryptionKey === undefined ? { raw } : { raw, crypt, key: { key: new Secret(encryptionKey) } };
  return copyBack(place, installation.path(`back-${tenant}`));
}

/** By the generation, while its session ends, and after it has ended. */
const refusals = ['REMOTE_AHEAD', 'ALREADY_CLAIMED', 'INTERRUPTED', 'NOT_READY', 'CLAIMED_ELSEWHERE'];

/** A node stands still, the database takes its connection for dead, and another node claims its tenant. */
async function pausedWhileTaken(
  node: Node,
  successor: Node,
  tenant: string,
  encryptionKey?: string,
): Promise<void> {
  node.service.running.child.kill('SIGSTOP');
  await pause(50);
  node.line.setManner('refuse');
  await claimSoon(successor, tenant, encryptionKey);
  node.line.setManner('open');
}

/** A file of a tenant as it lies on the sink. */
const stored = (tenant: string, file: string): string => join(installation.path('sink'), tenant, file);

/** Numbers below a bound that look random, and are the same each time. */
function randomFrom(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * bound);
  };
}
