import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { givenWorkloads, listWorkloads, workloadsIn } from '../../../../src/sessions/workload/store.ts';
import { checkWorkload } from '../../../../src/sessions/workload/workload.ts';

const sink = { type: 's3', bucket: 'tenants', accessKeyId: 'id', secretAccessKey: 'a secret of the sink' };
const good = { version: 1, sink, mappings: [{ path: '.' }], policy: { encryption: 'required' } };
const remote = { from: 'file', configFile: '/etc/rclone.conf', name: 'r', path: 'bucket' };
const withMappings = (...mappings: object[]) => ({ ...good, mappings });
const withPolicy = (policy: object) => ({ ...good, policy: { encryption: 'required', ...policy } });

describe('a workload', () => {
  it.for<[string, object]>([
    ['a sink and nothing else', good],
    ['a remote of an rclone.conf', { ...good, sink: undefined, remote }],
    [
      'a remote of a profile',
      { ...good, sink: undefined, remote: { from: 'profile', profile: 'default', path: 'b' } },
    ],
    ['several mappings', withMappings({ path: 'a' }, { path: 'b/c', sinkPath: 'x/y', include: ['*.txt'] })],
    [
      'an interval',
      withPolicy({ interval: '1h30m', onRelease: 'none', onClaim: 'none', afterRelease: 'keep' }),
    ],
    ['hooks', { ...good, hooks: { claim: ['/bin/start', '--now'], release: ['/bin/stop'] } }],
  ])('may have %s', ([, value]) => {
    expect(checkWorkload(value)).toHaveProperty('workload');
  });

  it.for<[string, object, string]>([
    ['no place', { ...good, sink: undefined }, '(the whole file)'],
    ['two places', { ...good, remote }, '(the whole file)'],
    ['a sink that can’t be used', { ...good, sink: { ...sink, bucket: '../x' } }, 'sink'],
    ['a sink of an unknown type', { ...good, sink: { type: 'floppy' } }, 'sink'],
    ['nothing to sync', withMappings(), 'mappings'],
    ['an absolute path', withMappings({ path: '/etc' }), 'mappings.0.path'],
    ['a path upwards', withMappings({ path: 'a/../../b' }), 'mappings.0.path'],
    ['a path on the sink upwards', withMappings({ path: 'a', sinkPath: '..' }), 'mappings.0.sinkPath'],
    ['an empty path', withMappings({ path: '' }), 'mappings.0.path'],
    ['a path with an empty part', withMappings({ path: 'a//b' }), 'mappings.0.path'],
    ['the tool’s own directory', withMappings({ path: 'a/.cryptosync' }), 'mappings.0.path'],
    ['a path with a line break', withMappings({ path: 'a\nb' }), 'mappings.0.path'],
    ['paths in one another', withMappings({ path: 'a' }, { path: 'a/b' }), '(the whole file)'],
    ['all and a part', withMappings({ path: '.' }, { path: 'b' }), '(the whole file)'],
    [
      'two mappings to one place',
      withMappings({ path: 'a', sinkPath: 'x' }, { path: 'b', sinkPath: 'x' }),
      '(the whole file)',
    ],
    ['an unknown direction', withMappings({ path: 'a', direction: 'sideways' }), 'mappings.0.direction'],
    ['no word about encryption', { ...good, policy: {} }, 'policy.encryption'],
    ['an interval that never rests', withPolicy({ interval: '10ms' }), 'policy.interval'],
    ['an interval of nothing', withPolicy({ interval: '0' }), 'policy.interval'],
    ['a hook for a shell', { ...good, hooks: { claim: 'start now' } }, 'hooks.claim'],
    ['a hook that PATH would find', { ...good, hooks: { claim: ['start'] } }, 'hooks.claim.0'],
    ['an unknown key', { ...good, key: 'x' }, 'key'],
  ])('must not have %s', ([, value, path]) => {
    const { issues } = checkWorkload(value) as { issues: { path: string }[] };
    expect([...new Set(issues.map((issue) => issue.path))]).toEqual([path]);
    expect(JSON.stringify(issues)).not.toContain('a secret of the sink');
  });
});

describe('workloads', () => {
  const directory = mkdtempSync(join(tmpdir(), 'cryptosync-workloads-'));
  afterAll(() => rmSync(directory, { recursive: true }));
  const write = (name: string, text: string): void =>
    writeFileSync(join(directory, name), text, { mode: 0o600 });

  it('are found by their ids, and told apart from what can’t be read', () => {
    write('web.json', JSON.stringify(good));
    write('torn.json', '{"sink": {"secretAccessKey": "a secret of the sink"');
    write('.hidden.json', '{}');
    mkdirSync(join(directory, 'notes'));
    expect(listWorkloads(directory)).toEqual(['torn', 'web']);
    const find = workloadsIn(directory);
    expect(find('web').policy.encryption).toBe('required');
    for (const id of ['mail', '../web', '', '.hidden', '__proto__'])
      expect(() => find(id)).toThrowError(expect.objectContaining({ code: 'WORKLOAD_NOT_FOUND' }));
    expect(() => find('torn')).toThrowError(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: `${join(directory, 'torn.json')} is not valid JSON`,
      }),
    );
  });

  it('that a program gives are checked at once', () => {
    expect(() => givenWorkloads({ web: { ...good, mappings: [] } as never })).toThrowError(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    );
    expect(() => givenWorkloads({ web: good as never })('constructor')).toThrowError(
      expect.objectContaining({ code: 'WORKLOAD_NOT_FOUND' }),
    );
  });
});
