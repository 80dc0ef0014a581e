/**
 * A server of sessions under load, in a process of its own so that the benchmark can wait for it: prints what it measured
 * as one document of JSON. Arguments: a directory for it alone, the command's program, how many tenants claim at once, how
 * many idle, and how many pairs.
 */
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';

const [directory = '', program = '', crowd = '100', idle = '1000', runs = '7'] = process.argv.slice(2);
const sink = join(directory, 'sink');
const workloads = join(directory, 'workloads');
const socketPath = join(directory, 'run', 'serve.sock');
const key = randomBytes(32).toString('base64');

for (const path of [sink, workloads, join(directory, 'tenants'), join(directory, 'bare')])
  mkdirSync(path, { recursive: true, mode: 0o700 });
const workload = (policy: object): string =>
  JSON.stringify({ version: 1, sink: { type: 'local', root: sink }, mappings: [{ path: '.' }], policy });
writeFileSync(join(workloads, 'keyed.json'), workload({ encryption: 'required' }), { mode: 0o600 });
const still = { encryption: 'none', onClaim: 'none', onRelease: 'none' };
writeFileSync(join(workloads, 'still.json'), workload(still), { mode: 0o600 });

/** Starts a server, and gives `action` its process id. */
async function withServer<Result>(action: (pid: number) => Promise<Result>): Promise<Result> {
  const args = [
    'serve',
    '--socket',
    socketPath,
    '--workloads',
    workloads,
    '--root',
    join(directory, 'tenants'),
  ];
  // what it says at its end, that not everybody was released, is known here
  const server = spawn(process.execPath, [program, ...args, '--drain', '0s'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await new Promise((resolve) => server.stdout.once('data', resolve));
  try {
    return await action(server.pid ?? 0);
  } finally {
    server.kill('SIGTERM');
    await new Promise((resolve) => server.once('exit', resolve));
  }
}

const agent = new Agent({ keepAlive: true, maxSockets: 1200 });

function ask(method: string, path: string, body?: object): Promise<void> {
  const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
  const headers = bytes && { 'content-type': 'application/json', 'content-length': String(bytes.length) };
  return new Promise((resolve, reject) => {
    const sent = request({
      socketPath,
      agent,
      method,
      path: `/api/v1/tenants${path}`,
      ...(headers && { headers }),
    });
    sent.once('error', reject);
    sent.once('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('end', () => {
        if ((response.statusCode ?? 500) < 300 || method === 'GET') resolve();
        else reject(new Error(`${path}: ${response.statusCode} ${Buffer.concat(chunks)}`));
      });
    });
    sent.end(bytes);
  });
}

const claim = (tenant: string): Promise<void> =>
  ask('POST', `/${tenant}/claim`, { workloadId: 'keyed', encryptionKey: key });

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

/** Both ways of the same, by rclone alone: what the two runs of a claim and a release cost at least. */
async function bareRuns(): Promise<void> {
  const obscured = spawnSync('rclone', ['obscure', '-'], { input: key, encoding: 'utf8' }).stdout.trim();
  const env = {
    PATH: process.env['PATH'] ?? '',
    RCLONE_CONFIG_C_TYPE: 'crypt',
    RCLONE_CONFIG_C_REMOTE: join(sink, 'bare'),
    RCLONE_CONFIG_C_PASSWORD: obscured,
  };
  const sides = ['C:', join(directory, 'bare')];
  for (const [from = '', to = ''] of [sides, sides.toReversed()]) {
    const { status } = spawnSync('rclone', ['sync', from, to, '--config', ''], { env, stdio: 'ignore' });
    if (status !== 0) throw new Error(`rclone sync ${from} ${to} failed`);
  }
}

/** Megabytes that a process has in memory. @param field `VmRSS` now, `VmHWM` at most so far */
function memoryOf(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const [, kilobytes = '0'] =
    new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}

const single = await withServer(async () => {
  mkdirSync(join(sink, 'bare'), { recursive: true });
  const both = async (): Promise<void> => {
    await claim('single');
    await ask('POST', '/single/release');
  };
  await both();
  await bareRuns();
  const pairs = [];
  for (let run = 0; run < Number(runs); run += 1)
    pairs.push({ measured: await timed(both), baseline: await timed(bareRuns) });
  return pairs;
});

const many = await withServer(async (pid) => {
  const names = Array.from({ length: Number(crowd) }, (_value, index) => `crowd${index}`);
  let isClaimed = false;
  const claims = Promise.all(names.map(claim)).finally(() => {
    isClaimed = true;
  });
  const looks: number[] = [];
  const watching = (async () => {
    while (!isClaimed) {
      looks.push(await timed(() => ask('GET', `/${names[looks.length % names.length]}`)));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  const took = await timed(() => claims);
  await watching;
  const sorted = looks.toSorted((one, other) => one - other);
  return {
    took,
    looks: looks.length,
    p95: sorted[Math.floor(sorted.length * 0.95)],
    memory: memoryOf(pid, 'VmHWM'),
  };
});

const resting = await withServer(async (pid) => {
  const names = Array.from({ length: Number(idle) }, (_value, index) => `idle${index}`);
  for (const name of names) await ask('POST', `/${name}/claim`, { workloadId: 'still' });
  await new Promise((resolve) => setTimeout(resolve, 2000));
  return { memory: memoryOf(pid, 'VmRSS') };
});

agent.destroy();
console.log(JSON.stringify({ single, many, resting }));
