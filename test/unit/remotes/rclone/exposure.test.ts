import { describe, expect, it } from 'vitest';
import { parseRcloneConf } from '../../../../src/remotes/rclone/conf.ts';
import { exposedServers, serversExposedBy } from '../../../../src/remotes/rclone/exposure.ts';

const servers = (text: string, name = 'r'): string[] => exposedServers(parseRcloneConf(text), name);
const section = (...lines: string[]): string => ['[r]', ...lines].join('\n');

/** What backends of rclone take as an address and as a credential. */
const backends: [type: string, address: string, credential: string][] = [
  ['webdav', 'url', 'pass = x'],
  ['webdav', 'url', 'bearer_token = x'],
  ['webdav', 'url', 'bearer_token_command = pass show dav'],
  ['webdav', 'url', 'headers = Authorization,Basic eDp5'],
  ['http', 'url', 'headers = Cookie,session=x'],
  ['s3', 'endpoint', 'secret_access_key = x'],
  ['s3', 'endpoint', 'env_auth = true'],
  ['s3', 'endpoint', 'shared_credentials_file = /root/.aws/credentials'],
  ['b2', 'endpoint', 'key = x'],
  ['azureblob', 'endpoint', 'sas_url = https://x'],
  ['swift', 'auth', 'key = x'],
  ['seafile', 'url', 'pass = x'],
  ['koofr', 'endpoint', 'password = x'],
  ['sia', 'api_url', 'api_password = x'],
  ['internetarchive', 'endpoint', 'secret_access_key = x'],
];

describe('a remote with credentials', () => {
  it.each(backends)('of %s is told when its %s is http:// (%s)', (type, address, credential) => {
    const with_ = (value: string): string[] =>
      servers(section(`type = ${type}`, `${address} = ${value}`, 'user = me', credential));
    expect(with_('http://nas.example:8080/remote/?token=y')).toEqual(['http://nas.example:8080']);
    expect(with_('HTTP://192.168.0.7/')).toEqual(['http://192.168.0.7']);
    expect(with_('https://nas.example/')).toEqual([]);
    expect(with_('nas.example:9000')).toEqual([]);
  });

  it.each([
    'localhost',
    'x.localhost:9',
    '127.0.0.1:80',
    '127.9.9.9',
    '127.1',
    '[::1]:8080',
    '[::ffff:127.0.0.1]',
  ])('is not told when it is on this machine: %s', (host) =>
    expect(servers(section('type = webdav', `url = http://${host}/`, 'pass = x'))).toEqual([]),
  );

  it.each(['10.0.0.1', '[fe80::1]', 'localhost.example', '128.0.0.1', '[::2]', '[::ffff:7.240.0.1]'])(
    'is told for every other address: %s',
    (host) => expect(servers(section('type = webdav', `url = http://${host}/`, 'pass = x'))).toHaveLength(1),
  );

  it('is told when they stand in the address', () => {
    expect(servers(section('type = http', 'url = http://me:secret@nas.example/a'))).toEqual([
      'http://nas.example',
    ]);
  });

  it('is told through every layer, named or defined on the spot', () => {
    const base = '[base]\ntype = webdav\nurl = http://nas.example\npass = x\n';
    const layers = [
      'type = crypt\nremote = base:a',
      'type = alias\nremote = base:',
      'type = union\nupstreams = /srv base:a:ro',
      'type = combine\nupstreams = a=/srv b=base:x',
      'type = alias\nremote = :webdav,url="http://nas.example",pass=x:a',
    ];
    for (const layer of layers)
      expect([layer, servers(`${base}[r]\n${layer}\n`)]).toEqual([layer, ['http://nas.example']]);
  });

  it('that has none, or is not there, is none', () => {
    expect(servers(section('type = http', 'url = http://mirror.example/'))).toEqual([]);
    expect(servers(section('type = s3', 'endpoint = http://x', 'env_auth = false'))).toEqual([]);
    expect(servers('', 'r')).toEqual([]);
  });
});

it('a remote defined by environment is told in the same way', () => {
  const environment = { RCLONE_CONFIG_SINK_URL: 'http://nas.example/dav', RCLONE_CONFIG_SINK_PASS: 'x' };
  const remote = { name: 'sink', type: 'webdav', path: '', configFile: '/dev/null' };
  expect(serversExposedBy({ ...remote, environment })).toEqual(['http://nas.example']);
  expect(
    serversExposedBy({ ...remote, environment: { ...environment, RCLONE_CONFIG_SINK_PASS: '' } }),
  ).toEqual([]);
});
