import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import S3rver from 's3rver';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cryptRemote } from '../../src/remotes/crypt.ts';
import { rclone } from '../../src/remotes/rclone/call.ts';
import { type Remote, rclonePath } from '../../src/remotes/remote.ts';
import { type S3Sink, sinkAdapters, sinkRemote } from '../../src/remotes/sinks/index.ts';
import { generateEncryptionKey, validateEncryptionKey } from '../../src/secrets/encryption-key.ts';
import { contentOf, sampleFiles } from '../support/sample-files.ts';
import { cleanEnvironment } from '../support/serve.ts';

const dependencies = { environment: cleanEnvironment };

let workspace: string;
let stored: string;
let source: string;
let server: S3rver;
let sink: S3Sink;

beforeAll(async () => {
  workspace = mkdtempSync(join(tmpdir(), 'cryptosync-s3-'));
  stored = join(workspace, 'stored');
  source = join(workspace, 'source');
  sampleFiles(source);
  server = new S3rver({
    address: '127.0.0.1',
    port: 0,
    silent: true,
    directory: stored,
    configureBuckets: [{ name: 'backups', configs: [] }],
  });
  const { port } = (await server.run()) as AddressInfo;
  sink = {
    type: 's3',
    provider: 'Other',
    bucket: 'backups',
    prefix: 'pre fix',
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    accessKeyId: 'S3RVER',
    secretAccessKey: 'S3RVER',
    // s3rver leaves a directory that holds only directories out of listings by directory
    fastList: true,
  };
});
afterAll(async () => {
  await server?.close();
  rmSync(workspace, { recursive: true, force: true });
});

async function run({ configFile, environment }: Remote, ...words: string[]) {
  const args = [...words, ...sinkAdapters.s3.getRcloneArgs(sink)];
  return await rclone({ args, configFile, environment, deadline: 30_000 }, dependencies);
}

describe('an S3 sink', () => {
  it('takes files and gives them back without a configuration file', async () => {
    const remote = sinkRemote(sink, 'client1', 'plain');
    const back = join(workspace, 'plain');
    expect(await run(remote, 'copy', source, rclonePath(remote))).toMatchObject({ exitCode: 0, errors: [] });
    expect(await run(remote, 'copy', rclonePath(remote), back)).toMatchObject({ exitCode: 0, errors: [] });
    expect(contentOf(back)).toEqual(contentOf(source));
  });

  it('does not make a bucket that is missing', async () => {
    const remote = sinkRemote({ ...sink, bucket: 'missing' }, 'client1', '');
    expect((await run(remote, 'copy', source, rclonePath(remote))).exitCode).not.toBe(0);
  });

  it('can be wrapped by crypt without a configuration file', async () => {
    const remote = cryptRemote(
      sinkRemote(sink, 'client1', 'encrypted'),
      { filenameEncryption: 'standard', directoryNameEncryption: true },
      { key: validateEncryptionKey(generateEncryptionKey()) },
    );
    const back = join(workspace, 'encrypted');
    expect(await run(remote, 'sync', source, rclonePath(remote))).toMatchObject({ exitCode: 0, errors: [] });
    expect(await run(remote, 'sync', rclonePath(remote), back)).toMatchObject({ exitCode: 0, errors: [] });
    expect(contentOf(back)).toEqual(contentOf(source));
  });
});
