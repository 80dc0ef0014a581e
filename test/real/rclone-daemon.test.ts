/** The one rclone that a run keeps: nobody else can use it, it tells no secret, and it ends with the run. */
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { cryptRemote } from '../../src/remotes/crypt.ts';
import { openPlace } from '../../src/remotes/open-place.ts';
import type { Place } from '../../src/remotes/place.ts';
import { obscure } from '../../src/remotes/rclone/obscure.ts';
import type { Remote } from '../../src/remotes/remote.ts';
import { generateEncryptionKey } from '../../src/secrets/encryption-key.ts';
import { Secret } from '../../src/secrets/secret.ts';
import { startHttpRecorder } from '../support/http-recorder.ts';
import { type Installation, it } from '../support/installation.ts';
import { isListenedAt, listeningSockets } from '../support/listening.ts';
import { type MachineProcess, processesNaming, waitUntil } from '../support/machine.ts';
import { findSecrets } from '../support/secret-forms.ts';
import { searchFiles } from '../support/secret-search.ts';
import { cleanEnvironment, serveWebdav } from '../support/serve.ts';
import { vaultOf } from '../support/vault.ts';

const token = 'tok3n-of-the-operators-own';
const login = { user: 'tester', password: 'hush hush "& hush' };

/** A WebDAV remote in an rclone.conf, with a password and a header that are secrets. */
function webdavRemote(installation: Installation, port: number, path = 'place'): Remote {
  const configFile = installation.path('rclone.conf');
  const lines = [
    '[dav]',
    'type = webdav',
    `url = http://127.0.0.1:${port}`,
    'vendor = other',
    `user = ${login.user}`,
    `pass = ${obscure(new Secret(login.password))}`,
    `headers = X-Token,${token}`,
  ];
  writeFileSync(configFile, `${lines.join('\n')}\n`, { mode: 0o600 });
  return { name: 'dav', type: 'webdav', path, configFile };
}

function crypted(remote: Remote, key = generateEncryptionKey()): Remote {
  const settings = { filenameEncryption: 'standard', directoryNameEncryption: true } as const;
  return cryptRemote(remote, settings, { key: new Secret(key) });
}

function opened(remote: Remote): Place {
  const settings = { flags: ['--low-level-retries=1'], bandwidthLimit: undefined, now: Date.now };
  return openPlace(remote, settings, { environment: cleanEnvironment });
}

function daemonOf(installation: Installation): MachineProcess | undefined {
  return processesNaming(installation.directory).find(({ args }) => args.includes('rcd'));
}

async function statusOf(port: number, method: string, path: string, auth?: string): Promise<number> {
  return await new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, method, path, auth, agent: false }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode ?? 0));
    });
    asked.once('error', reject);
    asked.end();
  });
}

const doors = [
  '/',
  '/rc/noop',
  '/core/version',
  '/config/dump',
  '/core/command',
  '/metrics',
  '/debug/pprof/',
  '/job/list',
];

describe('the rclone of a run', () => {
  it('listens on loopback alone, lets nobody in without its password, and dies with the run', async ({
    installation,
  }) => {
    const server = await serveWebdav(installation.path('tmp'), { user: 'u', password: 'p' });
    installation.atCleanUp(() => server.stop());
    const vault = vaultOf(installation, 'a');
    const source = installation.client('a', 'files');
    mkdirSync(source, { recursive: true });
    writeFileSync(join(source, 'large'), Buffer.alloc(8_000_000, ' '));
    const options = [`url=http://127.0.0.1:${server.port}`, 'vendor=other', 'user=u', 'pass=p'];
    await vault.succeed(
      'install',
      ...['--no-links', '--source', source, '--plaintext', '--remote-type', 'webdav', '--remote-path', 'a'],
      ...options.flatMap((option) => ['--remote-option', option]),
    );
    const running = installation.start(['sync', '--client', 'a', '--bwlimit', '200k']);
    const isUp = (): boolean => {
      const daemon = daemonOf(installation);
      return daemon !== undefined && listeningSockets(daemon.pid).length > 0;
    };
    expect(await waitUntil(isUp, 60_000)).toBe(true);
    const daemon = daemonOf(installation) as MachineProcess;
    const sockets = listeningSockets(daemon.pid);
    expect(sockets.map(({ address }) => address)).toEqual(['0100007F']);
    const { port = 0 } = sockets[0] ?? {};
    for (const path of [...doors, `/${encodeURIComponent('[:local:/]')}/etc/passwd`]) {
      for (const method of ['GET', 'POST', 'HEAD', 'PUT'])
        for (const auth of [undefined, 'rclone:rclone', ':', 'admin:'])
          expect([method, path, auth, await statusOf(port, method, path, auth)]).toEqual([
            method,
            path,
            auth,
            401,
          ]);
    }
    const environ = readFileSync(`/proc/${daemon.pid}/environ`, 'utf8').split('\0');
    const password = environ.find((word) => word.startsWith('RCLONE_RC_PASS='))?.split('=')[1] ?? '';
    expect(password).toMatch(/^[0-9a-f]{48}$/);
    const secrets = {
      password,
      user: environ.find((word) => word.startsWith('RCLONE_RC_USER='))?.split('=')[1] ?? '',
    };
    expect(daemon.args.filter((word) => findSecrets(word, secrets).length > 0)).toEqual([]);
    running.child.kill('SIGKILL');
    const { stdout, stderr } = await running.finished;
    // a process that is ending has no command line any more, and may have its socket still
    const isGone = (): boolean => daemonOf(installation) === undefined && !isListenedAt(port);
    expect(await waitUntil(isGone, 10_000)).toBe(true);
    expect(findSecrets(stdout + stderr, secrets)).toEqual([]);
    expect(searchFiles(installation.directory, secrets).found).toEqual([]);
  });

  it('leaves no process and no socket when the place is closed', async ({ installation }) => {
    const place = opened(webdavRemote(installation, 9));
    await place.names('').catch(() => {});
    const { pid = 0 } = daemonOf(installation) ?? {};
    const [socket] = listeningSockets(pid);
    await place.close();
    expect(daemonOf(installation)).toBeUndefined();
    expect(isListenedAt(socket?.port ?? 0)).toBe(false);
  });

  it('is not spoken to any more when it has died: whoever listens there then is not rclone', async ({
    installation,
  }) => {
    const place = opened(webdavRemote(installation, 9));
    await place.names('').catch(() => {});
    process.kill(daemonOf(installation)?.pid ?? 0, 'SIGKILL');
    await waitUntil(() => daemonOf(installation) === undefined, 10_000);
    for (const question of [place.names(''), place.read('x', 10), place.features()])
      await expect(question).rejects.toMatchObject({
        code: 'SYNC_FAILED',
        message: expect.stringContaining('rclone ended in the midst of this run'),
      });
    await place.close();
  });
});

/** Every question to a place that its server is asked; what a WebDAV place can do rclone knows by itself. */
const questions: Readonly<Record<string, (place: Place, descriptor: number) => Promise<unknown>>> = {
  read: (place) => place.read('x', 100),
  names: (place) => place.names(''),
  list: (place) => place.list(() => {}),
  put: (place, descriptor) => place.put({ descriptor, size: 4, mtime: 0n, mode: 0o600 }, 'x'),
  write: (place) => place.write('x', Buffer.from('x')),
  get: (place, descriptor) => place.get('x', descriptor),
  move: (place) => place.move('x', 'y'),
  makeDirectory: (place) => place.makeDirectory('x'),
  removeFile: (place) => place.removeFile('x'),
  removeTree: (place) => place.removeTree('.cryptosync/trash'),
};

describe.for([
  ['as it is', (remote: Remote) => remote],
  ['through crypt', (remote: Remote) => crypted(remote)],
] as const)('an error of a WebDAV remote %s', ([, layer]) => {
  it('tells neither its password nor its headers, whatever was asked', async ({ installation }) => {
    const remote = layer(webdavRemote(installation, 9));
    const place = opened(remote);
    const file = installation.path('file');
    writeFileSync(file, 'text');
    const descriptor = openSync(file, 'r+');
    try {
      for (const [name, ask] of Object.entries(questions)) {
        const error = await ask(place, descriptor).then(
          () => undefined,
          (thrown: Error & { code: string }) => thrown,
        );
        expect([name, error?.code]).toEqual([name, 'REMOTE_UNREACHABLE']);
        const shown = `${error?.message} ${String(error?.cause)} ${error?.stack}`;
        expect([name, findSecrets(shown, { token, password: login.password })]).toEqual([name, []]);
        expect(shown).not.toContain('headers=');
      }
    } finally {
      closeSync(descriptor);
      await place.close();
    }
  });
});

describe.for([
  ['as it is', (remote: Remote) => remote],
  ['through crypt', (remote: Remote) => crypted(remote)],
] as const)('a WebDAV remote %s', ([, layer]) => {
  it('is written to by several instances, each with the headers of the operator', async ({
    installation,
  }) => {
    const server = await serveWebdav(installation.path('tmp'), login);
    installation.atCleanUp(() => server.stop());
    const recorder = await startHttpRecorder(server.port);
    installation.atCleanUp(() => recorder.close());
    const place = opened(layer(webdavRemote(installation, recorder.port)));
    installation.atCleanUp(() => place.close());
    // as a run does: two that make one directory at once may find it locked (423)
    await place.makeDirectory('directory');
    await Promise.all(
      Array.from({ length: 24 }, (_, index) =>
        place.write(`directory/file ${index}`, Buffer.from(`${index}`)),
      ),
    );
    const puts = recorder.asked.filter(({ method }) => method === 'PUT');
    expect(puts.length).toBe(24);
    expect(new Set(puts.map(({ headers }) => headers['x-lane'])).size).toBe(8);
    for (const { headers } of recorder.asked) expect(headers['x-token']).toBe(token);
    expect((await place.names('directory')).length).toBe(24);
    expect((await place.read('directory/file 7', 10))?.toString()).toBe('7');
  });

  it('that hangs up on a file is no place without that file', async ({ installation }) => {
    const server = await serveWebdav(installation.path('tmp'), login);
    installation.atCleanUp(() => server.stop());
    const recorder = await startHttpRecorder(server.port);
    installation.atCleanUp(() => recorder.close());
    const place = opened(layer(webdavRemote(installation, recorder.port)));
    installation.atCleanUp(() => place.close());
    await place.write('there', Buffer.from('content'));
    const file = installation.path('file');
    writeFileSync(file, '');
    const descriptor = openSync(file, 'r+');
    try {
      recorder.breakOff('GET');
      await expect(place.read('there', 100)).rejects.toMatchObject({ exit: 14 });
      await expect(place.get('there', descriptor)).rejects.toMatchObject({ exit: 14 });
      recorder.breakOff('GET', 'PROPFIND');
      await expect(place.read('there', 100)).rejects.toMatchObject({ code: 'REMOTE_UNREACHABLE' });
      await expect(place.get('nowhere', descriptor)).rejects.toMatchObject({ code: 'REMOTE_UNREACHABLE' });
      recorder.breakOff();
      expect((await place.read('there', 100))?.toString()).toBe('content');
      expect(await place.read('nowhere', 100)).toBeUndefined();
      expect(await place.get('nowhere', descriptor)).toBe(false);
      expect(await place.get('there', descriptor)).toBe(true);
      expect(readFileSync(file, 'utf8')).toBe('content');
    } finally {
      closeSync(descriptor);
    }
  });
});

describe('a path below a file', () => {
  it('is not there, on a directory of this machine through crypt too', async ({ installation }) => {
    const configFile = installation.path('rclone.conf');
    writeFileSync(configFile, '[disk]\ntype = local\n', { mode: 0o600 });
    const path = installation.path('disk');
    mkdirSync(path);
    const place = opened(crypted({ name: 'disk', type: 'local', path, configFile }));
    try {
      await place.write('file', Buffer.from('content'));
      expect(await place.look('file/below')).toBeUndefined();
      expect(await place.names('file/below')).toEqual([]);
      expect(await place.look('file')).toMatchObject({ kind: 'file', size: 7 });
    } finally {
      await place.close();
    }
  });
});
