import { describe, expect, it } from 'vitest';
import { obscure } from '../../../../src/remotes/rclone/obscure.ts';
import {
  adapterFor,
  type Sink,
  type SinkType,
  sinkAdapters,
  sinkRemote,
} from '../../../../src/remotes/sinks/index.ts';
import { Secret } from '../../../../src/secrets/secret.ts';
import type { CryptosyncError } from '../../../../src/system/errors.ts';

const hidden = 'hush-hush-1234567890';
const document = JSON.stringify({ type: 'service_account', private_key: hidden }, undefined, 2);

/** One sink of each type with all its secrets. */
const examples: { readonly [Type in SinkType]: Extract<Sink, { type: Type }> } = {
  s3: {
    type: 's3',
    bucket: 'backups',
    prefix: 'a/b',
    region: 'eu-west-1',
    accessKeyId: 'AKIA1',
    secretAccessKey: hidden,
  },
  gcs: { type: 'gcs', bucket: 'backups', prefix: 'a/b', serviceAccountCredentials: document },
  azureblob: { type: 'azureblob', container: 'backups', prefix: 'a/b', account: 'account1', key: hidden },
  b2: { type: 'b2', bucket: 'backups', prefix: 'a/b', account: '0012', key: hidden },
  sftp: {
    type: 'sftp',
    host: 'h.example',
    user: 'u',
    root: '/srv',
    password: hidden,
    knownHostsFile: '/etc/kh',
  },
  webdav: { type: 'webdav', url: 'https://h.example/dav', prefix: 'a/b', user: 'u', password: hidden },
  local: { type: 'local', root: '/mnt/disk' },
};
const types = Object.keys(examples) as SinkType[];

const refusalOf = (action: () => unknown): CryptosyncError => {
  try {
    action();
  } catch (error) {
    return error as CryptosyncError;
  }
  throw new Error('it was taken');
};
const withSetting = (type: SinkType, setting: Record<string, unknown>): Sink =>
  ({ ...examples[type], ...setting }) as unknown as Sink;

describe.each(types)('the %s sink', (type) => {
  const sink = examples[type];
  const adapter = adapterFor(sink);

  it('has an adapter under its type', () => {
    expect(adapter).toBe(sinkAdapters[type]);
    expect(adapter.type).toBe(type);
  });

  it('puts a client below the root and the path below the client', () => {
    const place = adapter.buildRemotePath(sink, 'client1', 'vault/deep');
    expect(place).toMatch(/^cryptosync_[a-z0-9]+:.*\/client1\/vault\/deep$/);
    expect(adapter.buildRemotePath(sink, 'client1', '')).toBe(place.replace('/vault/deep', ''));
  });

  it('defines its remote in the environment, under the name that the place has', () => {
    const [name = ''] = adapter.buildRemotePath(sink, 'client1', '').split(':');
    const environment = adapter.getRcloneEnv(sink);
    for (const variable of Object.keys(environment)) {
      expect(variable).toMatch(new RegExp(`^RCLONE_CONFIG_${name.toUpperCase()}_[A-Z0-9_]+$`));
    }
    expect(environment[`RCLONE_CONFIG_${name.toUpperCase()}_TYPE`]).toBeTruthy();
    for (const value of Object.values(environment)) expect(value).not.toMatch(/\n/);
  });

  it('keeps secrets out of arguments, paths and everything of the remote but its environment', () => {
    const { environment, ...rest } = sinkRemote(sink, 'client1', 'x');
    const shown = JSON.stringify([adapter.getRcloneArgs(sink), rest]);
    expect(shown).not.toContain(hidden);
    expect(shown).not.toContain(obscure(new Secret(hidden)));
    if (type !== 'local')
      expect(JSON.stringify(environment)).toMatch(new RegExp(`${hidden}|${obscure(new Secret(hidden))}`));
  });

  it('refuses a client id that is none', () => {
    for (const client of ['', '..', '../x', 'a/b', '-x', '.x', 'a b', 'a\n', `a${'b'.repeat(64)}`, 'a:b']) {
      expect(refusalOf(() => adapter.buildRemotePath(sink, client, 'x')).code).toBe('INVALID_CLIENT_ID');
    }
  });

  it('refuses a path that leaves the client or holds what it should not', () => {
    for (const path of [
      '..',
      '../other',
      'a/../b',
      '/a',
      'a//b',
      'a/',
      './a',
      'a\\..\\b',
      'a\nb',
      'x/.cryptosync/y',
    ]) {
      expect(refusalOf(() => adapter.buildRemotePath(sink, 'client1', path)).code).toBe('CONFIG_INVALID');
    }
  });

  it('refuses a setting that it does not know, and does not repeat its value', () => {
    const error = refusalOf(() => adapter.getRcloneEnv(withSetting(type, { surprise: hidden })));
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toContain('surprise');
    expect(JSON.stringify(error.toReport())).not.toContain(hidden);
  });

  it('checks its settings in every method', () => {
    const bad = withSetting(type, { transfers: 0 });
    for (const action of [
      () => adapter.getRcloneArgs(bad),
      () => adapter.getRcloneEnv(bad),
      () => adapter.buildRemotePath(bad, 'client1', ''),
    ]) {
      expect(refusalOf(action).message).toContain('transfers');
    }
  });

  it('turns tuning into arguments', () => {
    const tuned = withSetting(type, { transfers: 8, checkers: 16, bandwidthLimit: '10M:512K' });
    expect(adapter.getRcloneArgs(tuned)).toEqual([
      '--transfers',
      '8',
      '--checkers',
      '16',
      '--bwlimit',
      '10M:512K',
    ]);
    expect(adapter.getRcloneArgs(sink)).toEqual([]);
    const twoWords = withSetting(type, { bandwidthLimit: '1M --config x' });
    expect(refusalOf(() => adapter.getRcloneArgs(twoWords)).code).toBe('CONFIG_INVALID');
  });
});

describe('settings of sinks', () => {
  const bad: [SinkType, string, Record<string, unknown>][] = [
    ['s3', 'a bucket with a slash', { bucket: 'a/b' }],
    ['s3', 'a bucket that steps up', { bucket: '..' }],
    ['s3', 'a prefix that steps up', { prefix: 'a/../../b' }],
    ['s3', 'a key without its id', { accessKeyId: undefined }],
    ['s3', 'credentials of both kinds', { machineCredentials: true }],
    ['s3', 'a password in the endpoint', { endpoint: `https://u:${hidden}@h.example` }],
    ['s3', 'an endpoint of another protocol', { endpoint: 'file:///etc' }],
    ['s3', 'a line break in a secret', { secretAccessKey: `${hidden}\n[other]` }],
    ['s3', 'an empty secret', { secretAccessKey: '' }],
    ['s3', 'a line break in a wrapped secret', { secretAccessKey: new Secret(`${hidden}\n`) }],
    ['gcs', 'credentials that are no JSON', { serviceAccountCredentials: hidden }],
    ['gcs', 'no credentials', { serviceAccountCredentials: undefined }],
    ['azureblob', 'no key', { key: undefined }],
    [
      'azureblob',
      'an address without a signature',
      { account: undefined, key: undefined, sasUrl: 'https://h.example/c' },
    ],
    ['azureblob', 'a container in capitals', { container: 'Backups' }],
    ['b2', 'no key', { key: undefined }],
    ['sftp', 'a host with an option', { host: '-oProxyCommand=x' }],
    ['sftp', 'a host with a space', { host: 'a b' }],
    ['sftp', 'two ways to log in', { keyFile: '/k' }],
    ['sftp', 'no word on the host key', { knownHostsFile: undefined }],
    ['sftp', 'both words on the host key', { acceptAnyHostKey: true }],
    ['sftp', 'a port that is none', { port: 70_000 }],
    ['sftp', 'a root that steps up', { root: '/srv/../etc' }],
    ['webdav', 'a user without a password', { password: undefined }],
    ['webdav', 'an address that is none', { url: 'h.example' }],
    ['webdav', 'an unknown vendor', { vendor: 'x' }],
    ['local', 'a relative root', { root: 'mnt' }],
    ['local', 'a root that steps up', { root: '/mnt/..' }],
  ];

  it.each(bad)('%s refuses %s without repeating a secret', (type, _, setting) => {
    const error = refusalOf(() => adapterFor(examples[type]).getRcloneEnv(withSetting(type, setting)));
    expect(error.code).toBe('CONFIG_INVALID');
    expect(JSON.stringify(error.toReport())).not.toContain(hidden);
  });

  it('takes a secret that is wrapped already', () => {
    const wrapped = withSetting('s3', { secretAccessKey: new Secret(hidden) });
    expect(adapterFor(wrapped).getRcloneEnv(wrapped)).toEqual(
      adapterFor(examples.s3).getRcloneEnv(examples.s3),
    );
  });

  it('obscures the passwords that rclone wants obscured, and them alone', () => {
    expect(sinkAdapters.sftp.getRcloneEnv(examples.sftp)['RCLONE_CONFIG_CRYPTOSYNC_SFTP_PASS']).toBe(
      obscure(new Secret(hidden)),
    );
    expect(sinkAdapters.webdav.getRcloneEnv(examples.webdav)['RCLONE_CONFIG_CRYPTOSYNC_WEBDAV_PASS']).toBe(
      obscure(new Secret(hidden)),
    );
    expect(sinkAdapters.b2.getRcloneEnv(examples.b2)['RCLONE_CONFIG_CRYPTOSYNC_B2_KEY']).toBe(hidden);
  });

  it('refuses a type without an adapter, be it a word of the language', () => {
    for (const type of ['ftp', '__proto__', 'constructor']) {
      expect(refusalOf(() => adapterFor({ type } as unknown as Sink)).code).toBe('CONFIG_INVALID');
    }
  });
});
