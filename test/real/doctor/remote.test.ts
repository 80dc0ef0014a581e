/** What the doctor says of remotes, disks, clocks and the last sync. */

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createPatient, type Patient } from '../../support/patient.ts';
import { serveWebdav } from '../../support/serve.ts';
import { editProfile } from '../../support/vault.ts';

let patient: Patient;
let conf: string;

beforeAll(async () => {
  patient = await createPatient();
  conf = patient.installation.client('client1', 'rclone', 'rclone.conf');
});
afterEach(async () => {
  expect((await patient.examine('--check-remote')).findings).toEqual([]);
});
afterAll(() => patient.installation.cleanUp());

/** The client's remote is another one for the time of a test. */
async function withRemote(settings: string, path: string, action: () => Promise<void>): Promise<void> {
  const text = readFileSync(conf, 'utf8');
  writeFileSync(conf, `[default-remote]\n${settings}\n`);
  editProfile(patient.vault, { remote: { name: 'default-remote', path } });
  try {
    await action();
  } finally {
    writeFileSync(conf, text);
    editProfile(patient.vault, { remote: { name: 'default-remote', path: patient.vault.remoteDir } });
  }
}

/** A server in front of a WebDAV server whose clock goes wrong by so many milliseconds. */
async function startWrongClock(target: number, difference: number): Promise<Server> {
  const server = createServer((incoming, outgoing) => {
    const { method, url, headers } = incoming;
    const onward = request({ port: target, host: '127.0.0.1', method, path: url, headers }, (answer) => {
      const date = new Date(Date.now() + difference).toUTCString();
      outgoing.writeHead(answer.statusCode ?? 500, { ...answer.headers, date });
      answer.pipe(outgoing);
    });
    incoming.pipe(onward);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

describe('a remote', () => {
  it('that answers is in order, and its clock is compared', async () => {
    const server = await serveWebdav(patient.vault.remoteDir);
    try {
      await withRemote(
        `type = webdav\nurl = http://127.0.0.1:${server.port}\nvendor = other`,
        '',
        async () => {
          const { json } = await patient.installation.cryptosync(['doctor', '--client', 'client1', '--json']);
          const passed = json.passed.map(({ id }: { id: string }) => id);
          expect(passed).toEqual(expect.arrayContaining(['remote', 'clock']));
          expect(json.findings.map(({ id }: { id: string }) => id)).toEqual([]);
        },
      );
    } finally {
      await server.stop();
    }
  });

  it('that does not answer is an error, unless it is not asked', async () => {
    await withRemote('type = webdav\nurl = http://127.0.0.1:1\nvendor = other', 'backup', async () => {
      const opinion = await patient.examine('--check-remote');
      expect(opinion).toMatchObject({ kinds: ['error remote-unreachable'], exitCode: 16 });
      expect((await patient.examine()).kinds).toEqual([]);
    });
  });

  it('that never answers is given up', async () => {
    const silent = createServer(() => {});
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    try {
      await withRemote(
        `type = webdav\nurl = http://127.0.0.1:${port}\nvendor = other`,
        'backup',
        async () => {
          const { kinds } = await patient.examine('--check-remote');
          expect(kinds).toEqual(['error remote-unreachable']);
        },
      );
    } finally {
      silent.closeAllConnections();
      silent.close();
    }
  });

  it('that is gone after a sync is an error; before the first it is not', async () => {
    const { remoteDir, ledgerFile } = patient.vault;
    renameSync(remoteDir, `${remoteDir}.aside`);
    expect((await patient.examine('--check-remote')).kinds).toEqual(['error remote-gone']);
    mkdirSync(remoteDir); // as the mount point of a disk that is not plugged in
    expect((await patient.examine('--check-remote')).kinds).toEqual(['error remote-gone']);
    rmSync(remoteDir, { recursive: true });
    renameSync(ledgerFile, `${ledgerFile}.aside`);
    expect((await patient.examine('--check-remote')).kinds).toEqual([]);
    renameSync(`${ledgerFile}.aside`, ledgerFile);
    renameSync(`${remoteDir}.aside`, remoteDir);
  });

  it('whose marker is torn, another vault’s, or of an unfinished transfer, is told', async () => {
    const { markerFile } = patient.vault;
    const text = readFileSync(markerFile, 'utf8');
    const marker = JSON.parse(text);
    writeFileSync(markerFile, '{');
    expect((await patient.examine('--check-remote')).kinds).toEqual(['error marker-torn']);
    writeFileSync(markerFile, JSON.stringify({ ...marker, vaultId: 'another' }));
    expect((await patient.examine('--check-remote')).kinds).toEqual(['error remote-foreign']);
    writeFileSync(markerFile, text);
    const announcementFile = join(dirname(markerFile), 'in-progress.json');
    const announcement = readFileSync(announcementFile, 'utf8');
    writeFileSync(
      announcementFile,
      JSON.stringify({ ...JSON.parse(announcement), id: 'next', base: marker }),
    );
    expect((await patient.examine('--check-remote')).kinds).toEqual(['warning remote-incomplete']);
    writeFileSync(announcementFile, announcement);
    writeFileSync(markerFile, JSON.stringify({ ...marker, consistent: false }));
    expect((await patient.examine('--check-remote')).kinds).toEqual(['warning remote-inconsistent']);
    writeFileSync(markerFile, text);
  });

  it('keeps its findings after --fix has mended something else', async () => {
    const { markerFile } = patient.vault;
    const text = readFileSync(markerFile, 'utf8');
    writeFileSync(markerFile, '{');
    patient.setImmutable(false);
    const opinion = await patient.examine('--check-remote', '--fix');
    expect(opinion.kinds).toEqual(['error marker-torn']);
    expect(opinion.fixed).toMatchObject([{ id: 'mount-point-mutable' }]);
    writeFileSync(markerFile, text);
  });
});

describe('a clock', () => {
  it.each([
    [-5 * 60_000, 'warning clock-skew', /(29|30)\d s ahead of/],
    [20 * 60_000, 'error clock-skew', /1(19|20)\d s behind/],
  ])('that differs from the remote’s by %i ms is told', async (difference, kind, says) => {
    const dav = await serveWebdav(patient.vault.remoteDir);
    const wrong = await startWrongClock(dav.port, difference);
    const { port } = wrong.address() as AddressInfo;
    try {
      await withRemote(`type = webdav\nurl = http://127.0.0.1:${port}\nvendor = other`, '', async () => {
        const { kinds, findings } = await patient.examine('--check-remote');
        expect(kinds).toEqual([kind]);
        expect(findings[0].what).toMatch(says);
      });
    } finally {
      wrong.closeAllConnections();
      wrong.close();
      await dav.stop();
    }
  });
});

describe('a disk', () => {
  it('that is nearly full is told for the vault and for a local remote', async () => {
    const { encryptedDir, remoteDir } = patient.vault;
    const remote = await patient.examineWhere(`mount -t tmpfs -o size=20m none ${remoteDir}`);
    expect(remote.kinds).toEqual(['error disk-nearly-full']);
    const copy = (size: string): string =>
      `cp -a ${encryptedDir} "$TMPDIR/copy"; mount -t tmpfs -o ${size},mode=0700 none ${encryptedDir}; cp -a "$TMPDIR/copy/." ${encryptedDir}/; rm -rf "$TMPDIR/copy"`;
    expect((await patient.examineWhere(copy('size=500m'))).kinds).toEqual(['warning disk-nearly-full']);
    const inodes = await patient.examineWhere(copy('size=3g,nr_inodes=500'));
    expect(inodes.kinds).toEqual(['warning disk-few-inodes']);
  });
});

describe('the last sync', () => {
  it('that failed, was refused, or was cut off, is told until the next one', async () => {
    const { ledgerFile } = patient.vault;
    const text = readFileSync(ledgerFile, 'utf8');
    const at = new Date().toISOString();
    const line = (facts: object): string =>
      `${JSON.stringify({ run: 'abc', at, operation: 'sync', event: 'ended', ...facts })}\n`;
    appendFileSync(ledgerFile, line({ outcome: 'failed', error: 'DISK_FULL' }));
    expect((await patient.examine()).kinds).toEqual(['warning sync-failed']);
    appendFileSync(ledgerFile, line({ outcome: 'refused', error: 'DELETE_LIMIT' }));
    expect((await patient.examine()).kinds).toEqual(['warning sync-refused']);
    appendFileSync(ledgerFile, line({ event: 'started', pid: 1 }));
    expect((await patient.examine()).kinds).toEqual(['warning sync-interrupted']);
    writeFileSync(ledgerFile, text);
    execFileSync('chmod', ['0600', ledgerFile]);
  });

  it('that is too old, or never was, is told', async () => {
    expect((await patient.examine('--max-age', '0')).kinds).toEqual(['warning sync-old']);
    expect((await patient.examine('--max-age', '1h')).kinds).toEqual([]);
    const { ledgerFile, profileFile } = patient.vault;
    const profile = readFileSync(profileFile, 'utf8');
    const aside = patient.installation.path('ledger');
    renameSync(ledgerFile, aside);
    expect((await patient.examine('--max-age', '1h')).kinds).toEqual([]);
    expect((await patient.examine('--max-age', '0')).kinds).toEqual(['warning sync-never']);
    renameSync(aside, ledgerFile);
    writeFileSync(profileFile, profile);
    const wrong = await patient.installation.cryptosync(['doctor', '--max-age', 'soon', '--json']);
    expect(wrong).toMatchObject({ exitCode: 2, json: { error: { code: 'USAGE' } } });
  });
});

describe('several clients', () => {
  it('are all looked at, and a finding names its own', async () => {
    const { installation } = patient;
    const install = ['install', '--client', 'client2', '--no-links', '--json'];
    const remote = installation.path('remotes', 'client2');
    mkdirSync(remote, { recursive: true });
    await installation.cryptosync([...install, '--remote-type', 'local', '--remote-path', remote]);
    execFileSync('chattr', ['-i', installation.client('client2', 'vault', 'decrypted')]);
    const { json } = await installation.cryptosync(['doctor', '--all', '--json']);
    expect(json.findings).toMatchObject([{ id: 'mount-point-mutable', subject: 'client2/default' }]);
    rmSync(installation.client('client2'), { recursive: true });
  });
});
