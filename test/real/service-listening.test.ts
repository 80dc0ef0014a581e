/** Where a server listens and who may speak to it: TCP, tokens, TLS, and what systemd hands over and is told. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { linkSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateEncryptionKey } from '../../src/secrets/encryption-key.ts';
import { createInstallation, type Installation } from '../support/installation.ts';
import { waitUntil } from '../support/machine.ts';
import { keysInMemory } from '../support/memory.ts';
import { program } from '../support/running-command.ts';
import { serviceAt, startService, writeWorkloads } from '../support/service.ts';

let installation: Installation;
let tokenFile: string;
const token = '0123456789abcdef0123456789abcdef';
const shown = { authorization: `Bearer ${token}` };

beforeAll(() => {
  installation = createInstallation();
  writeWorkloads(installation, { site: {} });
  tokenFile = installation.path('token');
  writeFileSync(tokenFile, `${token}\n`, { mode: 0o600 });
});
afterAll(() => installation.cleanUp());

/** A certificate for 127.0.0.1 that has signed itself, in place of the one before. */
function writeCertificate(name: string): void {
  const [key, certificate] = [installation.path('tls.key'), installation.path('tls.pem')];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const whose = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync('openssl', ['req', '-x509', ...kind, '-keyout', key, '-out', certificate, ...whose], {
    stdio: 'ignore',
  });
}

/** The name on the certificate that a server shows. */
async function nameAt(address: string): Promise<string> {
  const socket = connect({
    host: '127.0.0.1',
    port: Number(new URL(address).port),
    rejectUnauthorized: false,
  });
  await once(socket, 'secureConnect');
  const { CN } = socket.getPeerCertificate().subject;
  socket.destroy();
  return String(CN);
}

describe('a server at an address of TCP', () => {
  it.each([
    ['without a token', ['--listen', '127.0.0.1:0'], 2, 'needs a token'],
    ['for other machines without TLS', ['--listen', '0.0.0.0:0', '--token-file', 'TOKEN'], 2, 'needs TLS'],
    [
      'with a token that is not there',
      ['--listen', '127.0.0.1:0', '--token-file', '/nowhere'],
      10,
      'no token',
    ],
    ['with TLS on a socket', ['--tls-cert', 'TOKEN', '--tls-key', 'TOKEN'], 2, 'unix socket'],
    ['with an address that is none', ['--listen', '8443', '--token-file', 'TOKEN'], 2, 'no address'],
  ])('does not start %s', async (_what, args, exitCode, said) => {
    const whole = ['serve', '--workloads', '/', ...args.map((word) => word.replace('TOKEN', tokenFile))];
    const result = await installation.cryptosync(whole);
    expect([result.exitCode, result.stderr]).toEqual([exitCode, expect.stringContaining(said)]);
  });

  it('lets nobody in without the right token, but for a look whether it lives', async () => {
    const service = await startService(installation, ['--listen', '127.0.0.1:0', '--token-file', tokenFile]);
    const ask = async (path: string, headers = {}): Promise<[number, string]> => {
      const { status, text } = await service.ask('GET', path, { headers });
      return [status, /"error":"(\w+)"/.exec(text)?.[1] ?? ''];
    };
    for (const path of [
      '/api/v1/tenants',
      '/api/v1/tenants/acme',
      '/metrics',
      '/api/v1/openapi.json',
      '/nix',
    ]) {
      expect(await ask(path)).toEqual([401, 'UNAUTHORIZED']);
      expect(await ask(path, { authorization: `Bearer ${token}x` })).toEqual([403, 'FORBIDDEN']);
    }
    for (const path of ['/healthz', '/readyz']) expect(await ask(path)).toEqual([200, '']);
    expect(await ask('/api/v1/tenants', shown)).toEqual([200, '']);
    const key = generateEncryptionKey();
    const refused = await service.claim('acme', { workloadId: 'site', encryptionKey: key });
    expect(refused.status).toBe(401);
    const listed = await installation.cryptosync([
      'session',
      'list',
      '--server',
      service.address,
      '--token-file',
      tokenFile,
      '--json',
    ]);
    expect([listed.exitCode, listed.json]).toEqual([0, { tenants: [] }]);
    const unknown = await installation.cryptosync(['session', 'list', '--server', service.address]);
    expect([unknown.exitCode, unknown.stderr]).toEqual([10, expect.stringContaining('--token-file')]);
    expect(keysInMemory(service.pid, { key })).toEqual({});
    service.running.child.kill('SIGTERM');
    await service.running.finished;
  });

  it('speaks TLS, takes a new certificate on SIGHUP, and keeps nothing of a key that it was shown', async () => {
    writeCertificate('first');
    const tls = ['--tls-cert', installation.path('tls.pem'), '--tls-key', installation.path('tls.key')];
    const args = ['--listen', '127.0.0.1:0', '--token-file', tokenFile, ...tls];
    const service = await startService(installation, args);
    expect(await nameAt(service.address)).toBe('first');
    const ca = readFileSync(installation.path('tls.pem'), 'utf8');
    const key = generateEncryptionKey();
    const body = { workloadId: 'nix', encryptionKey: key };
    const path = '/api/v1/tenants/acme/claim';
    expect((await service.ask('POST', path, { body, headers: shown, ca })).json.error).toBe(
      'WORKLOAD_NOT_FOUND',
    );
    expect(keysInMemory(service.pid, { key })).toEqual({});
    writeFileSync(installation.path('tls.pem'), 'torn');
    service.running.child.kill('SIGHUP');
    await waitUntil(() => service.running.said().includes('the former certificate is kept'), 10_000);
    expect(await nameAt(service.address)).toBe('first');
    writeCertificate('second');
    service.running.child.kill('SIGHUP');
    expect(await waitUntil(async () => (await nameAt(service.address)) === 'second', 10_000)).toBe(true);
    const list = ['session', 'list', '--server', service.address, '--token-file', tokenFile];
    const trusting = await installation.cryptosync([...list, '--ca-file', installation.path('tls.pem')]);
    expect([trusting.exitCode, trusting.stdout]).toEqual([0, 'No tenant is claimed.\n']);
    expect((await installation.cryptosync(list)).exitCode).toBe(75);
    service.running.child.kill('SIGTERM');
    await service.running.finished;
  });
});

describe('systemd', () => {
  it('opens the socket, and is told when the server is ready and when it ends', async () => {
    const path = installation.path('activated.sock');
    const server = createServer().listen(path);
    await once(server, 'listening');
    const notices = listenForNotices(installation.path('notify.sock'));
    await once(notices.child.stdout, 'data');
    const running = spawn(
      '/bin/sh',
      [
        ...['-c', 'LISTEN_PID=$$ exec "$@"', 'sh', process.execPath, program, 'serve'],
        ...['--workloads', installation.path('workloads')],
      ],
      {
        // the types know streams alone
        stdio: ['ignore', 'pipe', 'pipe', (server as unknown as { _handle: never })._handle],
        env: {
          ...installation.environment,
          LISTEN_FDS: '1',
          NOTIFY_SOCKET: installation.path('notify.sock'),
        },
      },
    );
    let printed = '';
    running.stdout?.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
    });
    try {
      expect(await waitUntil(() => notices.said().includes('READY=1'), 20_000)).toBe(true);
      // systemd may hear of it before this process does
      expect(await waitUntil(() => printed.includes(`listening at unix:${path}\n`), 5000)).toBe(true);
      // node takes the path away with the server
      linkSync(path, `${path}.kept`);
      server.close();
      const service = serviceAt(`${path}.kept`, { pid: running.pid ?? -1 } as never);
      expect((await service.ask('GET', '/readyz')).json).toEqual({ status: 'ready' });
      const claimed = await service.claim('tenant1', {
        workloadId: 'site',
        encryptionKey: generateEncryptionKey(),
      });
      expect(claimed).toMatchObject({ status: 200 });
      // R45: rclone's end is not the server's
      expect(notices.said()).not.toContain('STOPPING=1');
    } finally {
      running.kill('SIGTERM');
    }
    const [exitCode] = await once(running, 'exit');
    expect([exitCode, notices.said()]).toEqual([0, expect.stringContaining('STOPPING=1')]);
    notices.child.kill();
  });

  it('gets units for both', async () => {
    const args = ['serve', '--print-units', '--drain', '2m', '--workloads', '/etc/work loads', '--json'];
    const result = await installation.cryptosync(args, {
      env: { CRYPTOSYNC_REGISTRY: 'postgres://u:secret@h/d' },
    });
    const { service, socket } = result.json as { service: string; socket: string };
    expect(service).toContain(' --workloads "/etc/work loads" --drain 2m');
    expect(service).toContain('TimeoutStopSec=150');
    expect(`${service}${socket}`).not.toContain('secret');
  });

  it('is not the way to look into the memory', async () => {
    const args = ['serve', '--workloads', '/', '--socket', installation.path('no.sock')];
    const looked = await installation.cryptosync(args, {
      env: { NODE_OPTIONS: '--heapsnapshot-signal=SIGUSR2' },
    });
    expect([looked.exitCode, looked.stderr]).toEqual([10, expect.stringContaining('--heapsnapshot-signal')]);
  });
});

/** Whoever listens at NOTIFY_SOCKET; node can't, and perl is on every Debian. */
function listenForNotices(path: string): { child: ReturnType<typeof spawnPerl>; said: () => string } {
  const child = spawnPerl(path);
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  return { child, said: () => said };
}

function spawnPerl(path: string) {
  const script = `use Socket; $| = 1;
    socket(S, AF_UNIX, SOCK_DGRAM, 0) or die; bind(S, sockaddr_un($ARGV[0])) or die "bind $!"; print "open\\n";
    while (defined(recv(S, my $text, 4096, 0))) { print "$text\\n" }`;
  return spawn('perl', ['-e', script, path], { stdio: ['ignore', 'pipe', 'inherit'] });
}
