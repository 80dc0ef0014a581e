import { lstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { profileLayout } from '../../../src/clients/layout.ts';
import { parseClientId, parseProfileName } from '../../../src/clients/names.ts';
import type { Profile } from '../../../src/clients/profile.ts';
import { recordedLinks, summarise, writeSummary } from '../../../src/clients/summary.ts';
import { scratchDirectory } from '../../support/scratch.ts';

const profile: Profile = {
  version: 1,
  engine: 'gocryptfs',
  encryptedDir: '/e',
  mountDir: '/m',
  remote: { name: 'my-s3', path: 'bucket/backup' },
  createdAt: '2026-01-31T02:00:00Z',
};

function layoutOf(name: string, root = '/root') {
  return profileLayout(root, parseClientId('client1'), parseProfileName(name));
}

describe('summary.json', () => {
  it('has the fields that programs read, the latest profile on top, all of them below', () => {
    const root = scratchDirectory();
    const layout = layoutOf('default', root);
    mkdirSync(layout.toolDirectory, { recursive: true });
    const own = summarise(layout, profile, ['/bin/a']);
    const { remote: _, ...local } = profile;
    const other = summarise(layoutOf('archive', root), local, []);
    writeSummary(layout, '1.2.3', own, [own, other]);
    expect(lstatSync(layout.summary).mode & 0o777).toBe(0o600);
    const summary = JSON.parse(readFileSync(layout.summary, 'utf8'));
    expect(summary).toMatchObject({
      component: 'cryptosync',
      version: '1.2.3',
      client_id: 'client1',
      config_name: 'default',
      mount_dir: '/m',
      encrypted_dir: '/e',
      remote_name: 'my-s3',
      filesystem_type: 'gocryptfs',
      installation_date: '2026-01-31T02:00:00Z',
      scripts: layout.scripts,
    });
    expect(summary.profiles.map((row: { config_name: string }) => row.config_name)).toEqual([
      'default',
      'archive',
    ]);
    expect(summary.profiles[1].remote_name).toBe('');
    expect(recordedLinks(layout, 'default')).toEqual(['/bin/a']);
  });

  it.each([
    '',
    '{"profiles',
    'null',
    '5',
    '{"profiles":5}',
    '{"profiles":[null]}',
    '{"profiles":[{"config_name":"default","links":"x"}]}',
  ])('knows of no links when it is broken: %j', (text) => {
    const layout = layoutOf('default', scratchDirectory());
    mkdirSync(layout.toolDirectory, { recursive: true });
    writeFileSync(layout.summary, text);
    expect(recordedLinks(layout, 'default')).toEqual([]);
  });
});
