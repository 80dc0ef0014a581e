/** What we take for a word of rclone's, and what the installed rclone takes for one. */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import * as kinds from '../../src/remotes/rclone/flags/flag-kinds.ts';
import { allowedFlags } from '../../src/remotes/rclone/flags/flags.ts';
import { isSecretOption } from '../../src/remotes/rclone/secret-options.ts';
import { serviceOf, services } from '../../src/remotes/rclone/services.ts';
import { isBandwidthLimit, isIncludePattern } from '../../src/remotes/tuning.ts';

const rclone = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
  spawnSync('rclone', ['--config', '', ...args], { encoding: 'utf8' });
const takes = (...args: string[]): boolean => rclone(...args).status === 0;

/** `--name type   description`: without a type it is a switch. */
const known = new Map(
  rclone('help', 'flags')
    .stdout.split('\n')
    .flatMap((line) => {
      const [, name, type] = /^\s+(?:-\w, )?--([\w-]+)(?: (\w+))?(?:\s{2,}|$)/.exec(line) ?? [];
      return name === undefined ? [] : [[name, type ?? ''] as const];
    }),
);

const samples: [kinds.FlagKind, string[]][] = [
  [kinds.onOff, ['true', 'false']],
  [kinds.rate, ['0', '10', '0.5']],
  [kinds.size, ['off', '64M', '5Mi', '1.5GiB', '100k', '512']],
  [kinds.duration, ['10ms', '1m30s', '2h', '1d']],
  // of names rclone takes those alone that have one address, which localhost has on some machines
  [kinds.host, ['127.0.0.1', '::1']],
  [kinds.file, ['/etc/ssl/certs/ca-certificates.crt']],
  [kinds.headerText, ['agent/1.0 (a; b)']],
  [kinds.order, ['size', 'name,desc', 'modtime,ascending', 'size,mixed,25']],
];
const samplesOf = (kind: kinds.FlagKind): string[] =>
  samples.find(([one]) => one === kind)?.[1] ??
  // a number from 1 to 64; one of A, B
  /from (\d+) to/.exec(kind.description)?.slice(1) ??
  kind.description.replace('one of ', '').split(', ');

const typesOf = (kind: kinds.FlagKind): string[] => {
  if (kind.isSwitch) return [''];
  if (kind === kinds.size) return ['SizeSuffix'];
  if (kind === kinds.duration) return ['Duration', 'duration'];
  if (kind === kinds.rate) return ['float'];
  return kind.description.startsWith('a number from') ? ['int'] : ['string', 'stringArray'];
};

interface RawBackend {
  Name: string;
  Prefix: string;
  Options: { Name: string; IsPassword: boolean }[] | null;
}
const providers: RawBackend[] = JSON.parse(rclone('config', 'providers').stdout);
const backends = new Set(providers.map(({ Name, Prefix }) => Prefix || Name));
/** Backends of 1.60 that a newer rclone, or a distribution's, may have left out (hazards.md R52). */
const mayBeLeftOut = ['azureblob', 'acd'];
const leftOut = mayBeLeftOut.filter((backend) => !backends.has(backend));
const isLeftOut = (flag: string): boolean => leftOut.some((backend) => flag.startsWith(`${backend}-`));
const flagsHere = Object.entries(allowedFlags).filter(([name]) => !isLeftOut(name));

describe('the flags that a profile may add', () => {
  it.each(flagsHere)('--%s is one of rclone, and takes a value or none as the table says', (name, kind) => {
    expect(typesOf(kind)).toContain(known.get(name));
    for (const value of samplesOf(kind)) expect([value, kind.accepts(value)]).toEqual([value, true]);
  });

  it('take each value that the table takes', () => {
    const rounds = Math.max(...flagsHere.map(([, kind]) => samplesOf(kind).length));
    for (let round = 0; round < rounds; round += 1) {
      const flags = flagsHere.map(([name, kind]) => {
        const values = samplesOf(kind);
        return `--${name}=${values[round % values.length]}`;
      });
      expect(rclone('version', ...flags)).toMatchObject({ status: 0, stderr: '' });
    }
  });

  it('would take the next word where they have no value, unless they are switches', () => {
    expect(takes('version', '--user-agent', '--no-such-flag')).toBe(true);
    expect(takes('version', '--fast-list', '--no-such-flag')).toBe(false);
  });
});

describe('a bandwidth limit', () => {
  const limits: [string, boolean][] = [
    ...['10M', '1.5M', 'off', '512', '0', '1Mi', '1MiB', '1b', '10Kib', '10E', '10M:100k', 'off:1M'].map(
      (text): [string, boolean] => [text, true],
    ),
    ...['08:00,512k 12:00,10M', 'Mon-00:00,512k Fri-23:59,10M', 'Monday-00:00,1M', 'THU-10:00,off'].map(
      (text): [string, boolean] => [text, true],
    ),
    ...['foo', '10X', '-1', '1MB', '8:00,1M', '--config=/x', '24:00,1M', '08:60,1M', 'Foo-10:00,1M'].map(
      (text): [string, boolean] => [text, false],
    ),
    ...['10M 11M', '08:00,1M 5M', '10M  11M', 'Thurs-08:00,1M', '%', '10,M'].map(
      (text): [string, boolean] => [text, false],
    ),
  ];
  it.each(limits)('%j is one, for us and for rclone: %s', (text, expected) => {
    expect([isBandwidthLimit(text), takes('version', '--bwlimit', text)]).toEqual([expected, expected]);
  });
});

describe('a pattern of what is synced', () => {
  const patterns: [string, boolean][] = [
    ...[
      '*.pdf',
      '/a/**',
      'a{b,c}',
      '[a-z]*',
      '[!a]',
      '[^a]',
      '{}',
      '\\[a',
      '\\{',
      '{{.*}}',
      'a{{b|c}}d',
      '{[}]}',
    ],
    ...['- a', '+ b', '!', '!x', ' a ', '#a', 'ü', 'a,b', '(', '**'],
  ].map((text) => [text, true]);
  const refused = ['a{b', 'a}b', '[a', 'a]', '{{(}}', '{{[}}', '***', 'a***b', '[]a]', '[]', '[z-a]'];
  it.each([...patterns, ...refused.map((text): [string, boolean] => [text, false])])(
    '%j is one, for us and for rclone: %s',
    (text, expected) => {
      expect([isIncludePattern(text), takes('lsf', '--filter', `+ ${text}`, ':memory:')]).toEqual([
        expected,
        expected,
      ]);
    },
  );

  it.each(['{a,{b,c}}', 'a{b{c}}'])('%j is none for us: not every rclone takes braces in braces', (text) => {
    expect(isIncludePattern(text)).toBe(false);
  });

  it.each(['', 'a\nb', 'a\r', 'a\0', 'a\\', 'x'.repeat(4097)])(
    '%j is none for us: it would not mean what it says',
    (text) => {
      expect(isIncludePattern(text)).toBe(false);
    },
  );
});

describe('an option that holds a secret', () => {
  /** Names that smell of one and are none: addresses, files, switches, ids, digests, and what is no secret. */
  const excused =
    /_(url|file|id|name|md5|expiry|duration|version|agent|command|domain)$|^(auth|env_auth|v2_auth|ask_password|auth_owner_only|key_use_agent)$/;
  /** The same of those that only a newer rclone has. */
  const excusedLater =
    /^(pubkey|host_keys|key_exchange|host_key_algorithms|pass_bad_blocks|auth_redirect|bypass_governance_retention)$/;
  const names = new Map(
    providers.flatMap(({ Options }) =>
      (Options ?? []).map(({ Name, IsPassword }) => [Name, IsPassword] as const),
    ),
  );
  const smelling = [...names].filter(
    ([name, isPassword]) => isPassword || /pass|secret|token|key|cred|grant|sas|auth/i.test(name),
  );

  it.each(smelling)('is known, or said to be none: %s', (name, isPassword) => {
    if (isPassword) expect(isSecretOption(name)).toBe(true);
    const isExcused = excused.test(name) || excusedLater.test(name);
    expect([name, isSecretOption(name) || isExcused]).toEqual([name, true]);
    expect(isSecretOption(`RCLONE_CONFIG_X_${name.toUpperCase()}`)).toBe(isSecretOption(name));
  });

  it.each([
    'access_grant',
    'apikey',
    'api_key',
    'sse_customer_key_base64',
    'private_access_key',
    'bearer_token',
  ])('is known, whether this rclone has it or not: %s', (name) => expect(isSecretOption(name)).toBe(true));
});

describe('the name of a service', () => {
  it.each(Object.entries(services).filter(([, { backend }]) => !leftOut.includes(backend)))(
    '%s stands for a backend of rclone, with options that it has',
    (_, service) => {
      const backend = providers.find(({ Name, Prefix }) => service.backend === (Prefix || Name));
      expect(backend).toBeDefined();
      const options = (backend?.Options ?? []).map(({ Name }) => Name);
      for (const option of Object.keys(service.options ?? {})) expect(options).toContain(option);
    },
  );

  it('may be any long name of rclone, in any spelling', () => {
    for (const { Name, Prefix } of providers) expect(serviceOf(Name).backend).toBe(Prefix || Name);
    expect(serviceOf('Google-Cloud  Storage').backend).toBe('gcs');
    expect(serviceOf('Nextcloud')).toEqual({ backend: 'webdav', options: { vendor: 'nextcloud' } });
    expect(serviceOf('constructor')).toEqual({ backend: 'constructor' });
  });
});
