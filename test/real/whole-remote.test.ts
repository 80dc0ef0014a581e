/** A place that is a whole remote: an empty path by SFTP, which is the user's home, and a bucket without a path in it. */
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { type ExecutorOptions, generateEncryptionKey, RcloneSyncExecutor } from '../../src/index.ts';
import { type Installation, it } from '../support/installation.ts';
import {
  cleanEnvironment,
  knownHostsLine,
  makeKey,
  serveOpenSsh,
  serveS3,
  serveWebdav,
} from '../support/serve.ts';
import { readTree, writeFiles } from '../support/tree.ts';

interface Whole {
  /** Where all that is sent has to lie. */
  readonly home: string;
  readonly settings: readonly string[];
  readonly path: string;
}

/** Servers, each with a remote that begins at `home`. */
const servers: Readonly<Record<string, (installation: Installation) => Promise<Whole>>> = {
  async sftp(installation) {
    const [keys, home] = [installation.path('keys'), installation.path('users-home')];
    for (const directory of [keys, home]) mkdirSync(directory);
    const userKey = join(keys, 'user_key');
    makeKey(userKey);
    cpSync(`${userKey}.pub`, join(keys, 'authorized_keys'));
    const server = await serveOpenSsh(keys, join(keys, 'authorized_keys'), home);
    installation.atCleanUp(() => server.stop());
    const knownHosts = join(keys, 'known_hosts');
    writeFileSync(knownHosts, knownHostsLine(server.port, join(keys, 'host_key')));
    const settings = [
      ...['type = sftp', 'host = 127.0.0.1', `port = ${server.port}`, `user = ${userInfo().username}`],
      ...[`key_file = ${userKey}`, `known_hosts_file = ${knownHosts}`],
    ];
    return { home, settings, path: '' };
  },
  async s3(installation) {
    const served = installation.path('stored');
    mkdirSync(served);
    const server = await serveS3(served, 'bucket');
    installation.atCleanUp(() => server.stop());
    const settings = [
      ...[
        'type = s3',
        'provider = Other',
        'region = us-east-1',
        `endpoint = http://127.0.0.1:${server.port}`,
      ],
      ...['access_key_id = S3RVER', 'secret_access_key = S3RVER', 'no_check_bucket = true'],
    ];
    return { home: join(served, 'bucket'), settings, path: 'bucket' };
  },
  async webdav(installation) {
    const home = installation.path('served');
    mkdirSync(home);
    const server = await serveWebdav(home);
    installation.atCleanUp(() => server.stop());
    return {
      home,
      settings: ['type = webdav', 'vendor = other', `url = http://127.0.0.1:${server.port}`],
      path: '',
    };
  },
};

const key = generateEncryptionKey();

describe.for(Object.entries(servers))('a whole remote by %s', ([, begin]) => {
  it.for<[string, ExecutorOptions['encryption']]>([
    ['as it is', 'none'],
    ['with crypt', { key, encryptFilenames: false }],
  ])(
    'holds files, marker, manifests and trash in one place, %s',
    async ([, encryption], { installation }) => {
      const { home, settings, path } = await begin(installation);
      const configFile = installation.path('rclone.conf');
      writeFileSync(configFile, `[r]\n${settings.join('\n')}\n`, { mode: 0o600 });
      const directory = installation.path('source');
      writeFiles(directory, { one: '1', 'deep/two': '22', 'old/three': '333', 'old/four': '4444' });
      const executor = new RcloneSyncExecutor({
        stateDirectory: installation.path('state'),
        environment: cleanEnvironment,
      });
      const target = { configFile, name: 'r', path };
      const options: ExecutorOptions = { directory, target, owner: 'owner', encryption };
      const [root, user] = [new Set(readdirSync('/')), new Set(readdirSync(userInfo().homedir))];
      expect(await executor.sync(options)).toMatchObject({
        success: true,
        generation: 1,
        filesTransferred: 4,
      });
      renameSync(join(directory, 'old'), join(directory, 'new'));
      writeFileSync(join(directory, 'one'), 'uno');
      expect(await executor.sync({ ...options, full: true })).toMatchObject({ success: true, generation: 2 });
      const suffix = encryption === 'none' ? '' : '.bin';
      const there = readdirSync(home, { recursive: true, encoding: 'utf8' })
        .map((name) => name.replace(/\._S3rver_object$/, ''))
        .filter((name) => !name.includes('_S3rver_'));
      for (const name of ['one', 'deep/two', 'new/three', 'new/four', '.cryptosync/marker.json'])
        expect(there).toContain(`${name}${suffix}`);
      expect(there.filter((name) => /^\.cryptosync\/manifests\/./.test(name)).length).toBeGreaterThanOrEqual(
        2,
      );
      expect(there).toContain(`.cryptosync/trash/2/one${suffix}`);
      const restored = installation.path('restored');
      const back = await executor.sync({ ...options, directory: restored, direction: 'download' });
      expect(back).toMatchObject({ success: true, generation: 2 });
      expect(readTree(restored)).toEqual(readTree(directory));
      expect(readdirSync('/').filter((name) => !root.has(name))).toEqual([]);
      expect(
        readdirSync(userInfo().homedir).filter(
          (name) => !user.has(name) && /^(\.cryptosync|one|deep|old|new)/.test(name),
        ),
      ).toEqual([]);
      expect(existsSync('/.cryptosync')).toBe(false);
    },
  );
});
