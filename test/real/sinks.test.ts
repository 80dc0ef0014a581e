import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cryptRemote } from '../../src/remotes/crypt.ts';
import { rclone } from '../../src/remotes/rclone/call.ts';
import { type Remote, rclonePath } from '../../src/remotes/remote.ts';
import { adapterFor, type Sink, sinkRemote } from '../../src/remotes/sinks/index.ts';
import { generateEncryptionKey, validateEncryptionKey } from '../../src/secrets/encryption-key.ts';
import { Secret } from '../../src/secrets/secret.ts';
import { contentOf, sampleFiles } from '../support/sample-files.ts';
import {
  cleanEnvironment,
  makeKey,
  type Server,
  type SftpServer,
  serveSftp,
  serveWebdav,
} from '../support/serve.ts';

const dependencies = { environment: cleanEnvironment };
const login = { user: 'tester', password: `p:a/s s"w\\o'rd%20 ü` };
const key = validateEncryptionKey(generateEncryptionKey());
const settings = { filenameEncryption: 'standard', directoryNameEncryption: true } as const;

let workspace: string;
let served: string;
let source: string;
let webdav: Server;
let sftp: SftpServer;
let sftpByKey: SftpServer;

beforeAll(async () => {
  workspace = mkdtempSync(join(tmpdir(), 'cryptosync-sinks-'));
  served = join(workspace, 'served');
  source = join(workspace, 'source');
  for (const name of ['served', 'one', 'two']) mkdirSync(join(workspace, name));
  sampleFiles(source);
  makeKey(join(workspace, 'login_key'), 'pass phrase');
  makeKey(join(workspace, 'plain_key'));
  const publicKeys = ['login_key.pub', 'plain_key.pub'].map((name) =>
    readFileSync(join(workspace, name), 'utf8'),
  );
  writeFileSync(join(workspace, 'authorized_keys'), publicKeys.join(''));
  const authorizedKeys = join(workspace, 'authorized_keys');
  [webdav, sftp, sftpByKey] = await Promise.all([
    serveWebdav(served, login),
    serveSftp(served, join(workspace, 'one'), login),
    serveSftp(served, join(workspace, 'two'), { authorizedKeys }),
  ]);
  writeFileSync(join(workspace, 'known_hosts'), `${sftp.knownHostsLine}${sftpByKey.knownHostsLine}`);
});
afterAll(async () => {
  await Promise.all([webdav?.stop(), sftp?.stop(), sftpByKey?.stop()]);
  rmSync(workspace, { recursive: true, force: true });
});

const sftpSink = (more: Record<string, unknown>): Sink =>
  ({
    type: 'sftp',
    host: '127.0.0.1',
    port: sftp.port,
    user: login.user,
    knownHostsFile: join(workspace, 'known_hosts'),
    ...more,
  }) as Sink;
const byKey = (more: Record<string, unknown>): Sink => sftpSink({ port: sftpByKey.port, ...more });

const sinks: [string, () => Sink][] = [
  ['a local directory', () => ({ type: 'local', root: served })],
  [
    'WebDAV with a password',
    () => ({ type: 'webdav', url: `http://127.0.0.1:${webdav.port}/`, prefix: 'sub dir', ...login }),
  ],
  ['SFTP with a password', () => sftpSink({ password: login.password, root: '/root dir' })],
  [
    'SFTP with a key file and its passphrase',
    () => byKey({ keyFile: join(workspace, 'login_key'), keyPassphrase: new Secret('pass phrase') }),
  ],
  [
    'SFTP with the text of a key',
    () => byKey({ keyPem: readFileSync(join(workspace, 'plain_key'), 'utf8') }),
  ],
  [
    'SFTP without a shell and any host key',
    () =>
      sftpSink({
        password: login.password,
        knownHostsFile: undefined,
        acceptAnyHostKey: true,
        shellType: 'none',
      }),
  ],
];

async function run({ configFile, environment }: Remote, ...args: string[]) {
  return await rclone({ args, configFile, environment, deadline: 30_000 }, dependencies);
}

describe.each(sinks)('%s', (title, makeSink) => {
  const client = title.replaceAll(' ', '-');

  it('takes files and gives them back without a configuration file', async () => {
    const sink = makeSink();
    const place = adapterFor(sink).buildRemotePath(sink, client, 'plain');
    const remote = sinkRemote(sink, client, 'plain');
    expect(rclonePath(remote)).toBe(place);
    expect(remote.configFile).toBe('');
    const back = join(workspace, `${client}-plain`);
    const flags = adapterFor(sink).getRcloneArgs({ ...sink, transfers: 2 });
    expect(await run(remote, 'copy', source, place, ...flags)).toMatchObject({ exitCode: 0, errors: [] });
    expect(await run(remote, 'copy', place, back)).toMatchObject({ exitCode: 0, errors: [] });
    expect(contentOf(back)).toEqual(contentOf(source));
  });

  it('can be wrapped by crypt without a configuration file', async () => {
    const remote = cryptRemote(sinkRemote(makeSink(), client, 'encrypted'), settings, { key });
    const back = join(workspace, `${client}-encrypted`);
    expect(await run(remote, 'sync', source, rclonePath(remote))).toMatchObject({ exitCode: 0, errors: [] });
    expect(await run(remote, 'sync', rclonePath(remote), back)).toMatchObject({ exitCode: 0, errors: [] });
    expect(contentOf(back)).toEqual(contentOf(source));
  });
});

describe('a sink whose settings are wrong', () => {
  it('does not log in with a wrong password', async () => {
    const wrong = {
      type: 'webdav',
      url: `http://127.0.0.1:${webdav.port}`,
      user: 'tester',
      password: 'no',
    } as const;
    for (const sink of [wrong, sftpSink({ password: 'no' })]) {
      const remote = sinkRemote(sink, 'client1', '');
      expect((await run(remote, 'lsf', rclonePath(remote))).exitCode).not.toBe(0);
    }
  });

  it('does not talk to an SFTP server with another host key', async () => {
    const knownHostsFile = join(workspace, 'other_hosts');
    const [, , otherKey] = readFileSync(join(workspace, 'login_key.pub'), 'utf8').match(/^(\S+) (\S+)/) ?? [];
    writeFileSync(knownHostsFile, `[127.0.0.1]:${sftp.port} ssh-ed25519 ${otherKey}\n`);
    const remote = sinkRemote(sftpSink({ password: login.password, knownHostsFile }), 'client1', '');
    const result = await run(remote, 'lsf', rclonePath(remote));
    expect(result.exitCode).not.toBe(0);
    expect(result.errors.join('\n')).toMatch(/knownhosts: key mismatch/);
  });
});
