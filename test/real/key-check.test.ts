import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer, type Server as TcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type KeyCheck, verifyKeyCheck } from '../../src/remotes/control/key-check.ts';
import { type CryptKey, type CryptSettings, cryptRemote } from '../../src/remotes/crypt.ts';
import { rclone } from '../../src/remotes/rclone/call.ts';
import { type Remote, rclonePath } from '../../src/remotes/remote.ts';
import { sinkRemote } from '../../src/remotes/sinks/index.ts';
import { filenameEncryptionModes } from '../../src/remotes/tuning.ts';
import { generateEncryptionKey, validateEncryptionKey } from '../../src/secrets/encryption-key.ts';
import { CryptosyncError } from '../../src/system/errors.ts';
import { putKeyCheck } from '../support/key-check.ts';
import { cleanEnvironment, type Server, type SftpServer, serveSftp, serveWebdav } from '../support/serve.ts';
import { snapshot } from '../support/snapshot.ts';

const dependencies = { environment: cleanEnvironment };
const right: CryptKey = {
  key: validateEncryptionKey(generateEncryptionKey()),
  salt: validateEncryptionKey(generateEncryptionKey(), 'salt'),
};
const other = validateEncryptionKey(generateEncryptionKey());
const wrongKeys: [string, CryptKey][] = [
  ['another key', { key: other, salt: right.salt }],
  ['another salt', { key: right.key, salt: other }],
  ['no salt', { key: right.key }],
];
const modes: CryptSettings[] = filenameEncryptionModes.flatMap((filenameEncryption) => [
  { filenameEncryption, directoryNameEncryption: true },
  { filenameEncryption, directoryNameEncryption: false },
]);
const standard = { filenameEncryption: 'standard', directoryNameEncryption: true } as const;
let workspace: string;
let served: string;
let source: string;
let webdav: Server;
let sftp: SftpServer;
const login = { user: 'tester', password: 'pass word' };

beforeAll(async () => {
  workspace = mkdtempSync(join(tmpdir(), 'cryptosync-key-check-'));
  served = join(workspace, 'served');
  source = join(workspace, 'source');
  mkdirSync(served);
  mkdirSync(join(source, 'deep'), { recursive: true });
  writeFileSync(join(source, 'tiny'), 'x');
  writeFileSync(join(source, 'deep/zero'), '');
  writeFileSync(join(source, 'deep/large'), Buffer.alloc(300_000, 7));
  [webdav, sftp] = await Promise.all([serveWebdav(served, login), serveSftp(served, workspace, login)]);
  writeFileSync(join(workspace, 'known_hosts'), sftp.knownHostsLine);
});
afterAll(async () => {
  await Promise.all([webdav?.stop(), sftp?.stop()]);
  rmSync(workspace, { recursive: true, force: true });
});

/** Every test has a client, and so a directory on the servers, of its own. */
let client = '';
let count = 0;
beforeEach(() => {
  count += 1;
  client = `client${count}`;
});
// whether anything was changed there is asked of all that is there
afterEach(() => {
  for (const name of readdirSync(served)) rmSync(join(served, name), { recursive: true });
});

const places = {
  'a local directory': () => sinkRemote({ type: 'local', root: served }, client, 'data'),
  WebDAV: () =>
    sinkRemote({ type: 'webdav', url: `http://127.0.0.1:${webdav.port}`, ...login }, client, 'data'),
  SFTP: () =>
    sinkRemote(
      {
        type: 'sftp',
        host: '127.0.0.1',
        port: sftp.port,
        ...login,
        knownHostsFile: join(workspace, 'known_hosts'),
      },
      client,
      'data',
    ),
};
const local = places['a local directory'];

const checkOf = (raw: Remote, settings: CryptSettings, key: CryptKey, owner = 'vault-1'): KeyCheck => ({
  raw,
  decrypted: cryptRemote(raw, settings, key),
  owner,
});

async function fill({ decrypted }: KeyCheck): Promise<void> {
  const { configFile, environment } = decrypted;
  const args = ['copy', source, rclonePath(decrypted)];
  const result = await rclone({ args, configFile, environment, deadline: 30_000 }, dependencies);
  expect(result.exitCode).toBe(0);
}

/** What a check throws; it leaves both sides as they were. */
async function refusalOf(check: KeyCheck): Promise<CryptosyncError> {
  const before = [snapshot(served), snapshot(source)];
  const outcome: unknown = await verifyKeyCheck(check, dependencies).catch((error: unknown) => error);
  expect([snapshot(served), snapshot(source)]).toEqual(before);
  expect(outcome).toBeInstanceOf(CryptosyncError);
  return outcome as CryptosyncError;
}

/** The key check object as it lies on the local disk, in `standard` mode the first and only file. */
function objectFile(): string {
  const root = join(served, client, 'data');
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const entry = files.find(({ name, parentPath }) => readFileSync(join(parentPath, name)).length === 131_136);
  return join(entry?.parentPath ?? '', entry?.name ?? '');
}

function overwrite(path: string, position: number, byte: number): void {
  writeSync(openSync(path, 'r+'), Buffer.from([byte]), 0, 1, position);
}

/** The command's own tests go through wrong keys on every server; here it is each mode once, and each kind of server. */
const modesOn = (name: string): CryptSettings[] =>
  name === 'a local directory'
    ? modes
    : modes.filter(
        ({ filenameEncryption, directoryNameEncryption }) =>
          directoryNameEncryption === (filenameEncryption === 'standard') &&
          filenameEncryption !== 'obfuscate',
      );

describe.each(Object.entries(places))('the key check on %s', (name, place) => {
  it.each(modesOn(name))(
    'tells the right key from wrong ones with $filenameEncryption names, directories $directoryNameEncryption',
    async (settings) => {
      const good = checkOf(place(), settings, right);
      expect(await verifyKeyCheck(good, dependencies)).toBe('absent-on-empty');
      await putKeyCheck(good, dependencies);
      // before anything else has been sent, and afterwards
      for (const filled of [false, true]) {
        if (filled) await fill(good);
        expect(await verifyKeyCheck(good, dependencies)).toBe('verified');
        for (const [, key] of filled ? wrongKeys : wrongKeys.slice(0, 1)) {
          const error = await refusalOf(checkOf(place(), settings, key));
          expect(error).toMatchObject({ code: 'DECRYPTION_FAILED', exit: 12 });
        }
      }
    },
  );

  it('refuses a place that holds files without a key check object', async () => {
    const check = checkOf(place(), standard, right);
    await fill(check);
    expect((await refusalOf(check)).code).toBe('DECRYPTION_FAILED');
  });
});

describe('the key check between any two name encryptions', () => {
  it.each(modes)(
    'refuses all others after $filenameEncryption names, directories $directoryNameEncryption',
    async (one) => {
      await putKeyCheck(checkOf(local(), one, right), dependencies);
      for (const two of modes.filter((mode) => differ(one, mode))) {
        expect((await refusalOf(checkOf(local(), two, right))).code).toBe('DECRYPTION_FAILED');
      }
    },
  );

  /** With names off, directory names are never encrypted. */
  function differ(one: CryptSettings, two: CryptSettings): boolean {
    return (
      one.filenameEncryption !== two.filenameEncryption ||
      (one.filenameEncryption !== 'off' && one.directoryNameEncryption !== two.directoryNameEncryption)
    );
  }
});

describe('the key check and what else may lie there', () => {
  it('refuses a place with plain files, the marker of a plain vault alone included', async () => {
    for (const name of ['notes.txt', '.cryptosync/marker.json', 'deep/er/file']) {
      client = `plain-${name.replaceAll(/\W/g, '')}`;
      const path = join(served, client, 'data', name);
      mkdirSync(join(path, '..'), { recursive: true });
      writeFileSync(path, '{}');
      expect((await refusalOf(checkOf(local(), standard, right))).code).toBe('DECRYPTION_FAILED');
    }
  });

  it('takes empty directories for an empty place', async () => {
    mkdirSync(join(served, client, 'data', 'lost+found'), { recursive: true });
    expect(await verifyKeyCheck(checkOf(local(), standard, right), dependencies)).toBe('absent-on-empty');
  });

  it('does not read a listing that never ends', async () => {
    const endless = createHttpServer((request, response) => {
      const path = request.url?.replace(/\/$/, '') ?? '';
      if (!/^(\/deeper)*$/.test(path)) {
        response.writeHead(404).end();
        return;
      }
      const entries = [`${path}/`, `${path}/deeper/`, `${path}/one`, `${path}/two`];
      response.writeHead(207, { 'content-type': 'application/xml' }).end(multiStatus(entries));
    });
    const sink = { type: 'webdav', url: `http://127.0.0.1:${await listen(endless)}` } as const;
    const raw: Remote = { ...sinkRemote(sink, client, ''), path: '' };
    expect((await refusalOf(checkOf(raw, standard, right))).code).toBe('DECRYPTION_FAILED');
    endless.closeAllConnections();
    endless.close();
  });

  it('refuses data of another owner under the same key', async () => {
    await putKeyCheck(checkOf(local(), standard, right, 'vault-1'), dependencies);
    const error = await refusalOf(checkOf(local(), standard, right, 'vault-2'));
    expect(error).toMatchObject({
      code: 'VAULT_FOREIGN',
      details: { expected: 'vault-2', found: 'vault-1' },
    });
  });
});

describe.each(modes.filter(({ directoryNameEncryption }) => directoryNameEncryption))(
  'damage with $filenameEncryption names',
  (settings) => {
    it('is told from a wrong key', async () => {
      const check = checkOf(local(), settings, right);
      await putKeyCheck(check, dependencies);
      const file = objectFile();
      const intact = readFileSync(file);
      await fill(check);
      const damages: [string, () => void][] = [
        ['a changed byte in the text', () => overwrite(file, 60, intact.readUInt8(60) ^ 1)],
        ['a changed first byte', () => overwrite(file, 0, 0x58)],
        ['cut to nothing', () => truncateSync(file, 0)],
        ['cut in its header', () => truncateSync(file, 20)],
        ['cut after its header', () => truncateSync(file, 32)],
        ['cut in its first block', () => truncateSync(file, 5000)],
        ['cut after its first block', () => truncateSync(file, 32 + 65_552)],
        ['grown', () => appendFileSync(file, 'more')],
      ];
      for (const [how, damage] of damages) {
        writeFileSync(file, intact);
        damage();
        const verdict = await verifyKeyCheck(check, dependencies).catch(
          (error: CryptosyncError) => error.code,
        );
        // a first block that is whole still proves the key
        expect([how, verdict]).toEqual([
          how,
          /after its first|grown/.test(how) ? 'verified' : 'VERIFY_FAILED',
        ]);
      }
      writeFileSync(file, intact);
      expect(await verifyKeyCheck(check, dependencies)).toBe('verified');
    });

    it('of a first sync that was killed while it wrote the object is mended by the next', async () => {
      const check = checkOf(local(), settings, right);
      await putKeyCheck(check, dependencies);
      for (const length of [0, 32, 5000]) {
        truncateSync(objectFile(), length);
        expect(await verifyKeyCheck(check, dependencies)).toBe('absent-on-empty');
        await putKeyCheck(check, dependencies);
      }
      expect(await verifyKeyCheck(check, dependencies)).toBe('verified');
    });
  },
);

describe('a remote that can not be asked', () => {
  it('is unreachable, whatever the key, when nobody listens', async () => {
    const server = createServer();
    const closed = await listen(server);
    server.close();
    const webdavSink = { type: 'webdav', url: `http://127.0.0.1:${closed}` } as const;
    const sftpSink = {
      type: 'sftp',
      host: '127.0.0.1',
      port: closed,
      ...login,
      acceptAnyHostKey: true,
    } as const;
    for (const raw of [sinkRemote(webdavSink, client, ''), sinkRemote(sftpSink, client, '')]) {
      expect((await refusalOf(checkOf(raw, standard, right))).code).toBe('REMOTE_UNREACHABLE');
    }
  });

  it.each([6, 32, 5000])(
    'is unreachable when the connection breaks after %i bytes of the object',
    async (length) => {
      const off = { ...standard, filenameEncryption: 'off' } as const;
      const check = checkOf(places.WebDAV(), off, right);
      await putKeyCheck(check, dependencies);
      const head =
        'HTTP/1.1 206 Partial Content\r\nContent-Length: 65584\r\nContent-Range: bytes 0-65583/131136\r\n\r\n';
      const part = readFileSync(objectFile()).subarray(0, length);
      // answers GET with a part of what it promises, and everything else as the real server does
      const cutting = createServer((socket) => {
        socket.once('data', (request) => {
          if (request.toString().startsWith('GET')) socket.end(Buffer.concat([Buffer.from(head), part]));
          else void forward(request, webdav.port).then((answer) => socket.end(answer));
        });
        socket.on('error', () => {});
      });
      const port = await listen(cutting);
      const raw = sinkRemote({ type: 'webdav', url: `http://127.0.0.1:${port}`, ...login }, client, 'data');
      try {
        expect((await refusalOf(checkOf(raw, off, right))).code).toBe('REMOTE_UNREACHABLE');
      } finally {
        cutting.close();
      }
    },
  );

  it('says so when it refuses the credentials', async () => {
    const sink = {
      type: 'webdav',
      url: `http://127.0.0.1:${webdav.port}`,
      user: 'tester',
      password: 'no',
    } as const;
    expect((await refusalOf(checkOf(sinkRemote(sink, client, ''), standard, right))).code).toBe(
      'REMOTE_AUTH_FAILED',
    );
  });

  it('ends with the signal of its caller', async () => {
    const silent = createServer(() => {});
    const port = await listen(silent);
    const raw = sinkRemote({ type: 'webdav', url: `http://127.0.0.1:${port}` }, client, '');
    const signal = AbortSignal.timeout(500);
    const outcome = verifyKeyCheck(checkOf(raw, standard, right), { ...dependencies, signal });
    await expect(outcome).rejects.toMatchObject({ code: 'INTERRUPTED' });
    silent.close();
  });
});

/** A WebDAV listing; names with a slash behind are directories. */
function multiStatus(entries: string[]): string {
  const responses = entries.map((entry) => {
    const kind = entry.endsWith('/')
      ? '<d:resourcetype><d:collection/></d:resourcetype>'
      : '<d:resourcetype/>';
    const properties = `<d:prop>${kind}<d:getcontentlength>1</d:getcontentlength></d:prop>`;
    return `<d:response><d:href>${entry}</d:href><d:propstat>${properties}<d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>`;
  });
  return `<?xml version="1.0"?><d:multistatus xmlns:d="DAV:">${responses.join('')}</d:multistatus>`;
}

/** @returns the port, on loopback. */
async function listen(server: TcpServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as { port: number }).port;
}

/** One HTTP request to the real server, asking it to close afterwards. */
function forward(request: Buffer, port: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const text = request.toString('latin1').replace('\r\n', '\r\nConnection: close\r\n');
    connect(port, '127.0.0.1')
      .on('data', (chunk) => chunks.push(chunk))
      .on('end', () => resolve(Buffer.concat(chunks)))
      .on('error', reject)
      .end(text, 'latin1');
  });
}
