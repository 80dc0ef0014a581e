/** What is written for systemd and cron: odd names mean themselves, and ours is told from others'. */
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { profileLayout } from '../../../src/clients/layout.ts';
import { parseClientId, parseProfileName } from '../../../src/clients/names.ts';
import { editLines, findLines, renderLine } from '../../../src/schedules/cron/lines.ts';
import { isSpent, isTable, newTable, tableOf } from '../../../src/schedules/cron/tables.ts';
import { commandOf, type Job, type Owner } from '../../../src/schedules/job.ts';
import { isOf, isUnchanged, marked, parseMarker } from '../../../src/schedules/marker.ts';
import { renderUnits } from '../../../src/schedules/systemd/units.ts';
import { readWhen } from '../../../src/schedules/when/when.ts';

const root = '/srv/100% of "it"/$HOME';

function ownerOf(client = 'client1', profile = 'default'): Owner {
  const layout = profileLayout(root, parseClientId(client), parseProfileName(profile));
  return { root, layout, encryptedDir: layout.defaultEncryptedDir, mountDir: layout.defaultMountDir };
}

const job: Job = {
  kind: 'sync',
  when: '02:30',
  using: 'systemd',
  isUsers: false,
  jitter: 0,
  credentials: [],
  call: { program: { node: '/opt/no de/bin/node', script: '/opt/it/run.js' }, path: '/usr/bin:/bin' },
  since: '2026-01-31T02:00:00Z',
};
const when = readWhen('02:30');

const unit = (of: Job, name: string): string =>
  renderUnits(of, ownerOf(), of.kind === 'mount' ? undefined : when).find((one) => one.name.endsWith(name))
    ?.text ?? '';

describe('units', () => {
  it('take every word of the command for itself', () => {
    const line = /^ExecStart=(.*)$/m.exec(unit(job, 'service'))?.[1] ?? '';
    expect(line).toContain('"/opt/no de/bin/node" /opt/it/run.js sync');
    expect(line).toContain(String.raw`--root "/srv/100%% of \"it\"/$$HOME"`);
    expect(unit(job, 'service')).toContain(String.raw`"/srv/100%% of \"it\"/$HOME/client1"`);
  });

  it('of a sync say that 75 is no failure, and make no namespace', () => {
    const text = unit(job, 'service');
    expect(text).toContain('SuccessExitStatus=75');
    for (const kind of ['sync', 'mount', 'verify', 'drill'] as const) {
      expect(unit({ ...job, kind }, 'service')).not.toMatch(
        /^(?:Private|Protect|ReadOnly|ReadWrite|Inaccessible|TemporaryFileSystem|BindPaths|RootDirectory|DynamicUser|MountFlags|RestrictNamespaces)/m,
      );
    }
  });

  it('of a user get no option that would keep fusermount3 from mounting', () => {
    expect(unit({ ...job, isUsers: true }, 'service')).not.toMatch(
      /^(?:Restrict|Lock|SystemCall|NoNewPrivileges)/m,
    );
    expect(unit({ ...job, kind: 'mount', isUsers: true }, 'service')).toContain('WantedBy=default.target');
  });

  it('of a mount stay, unmount at their end, and fail when nothing was mounted', () => {
    const text = unit({ ...job, kind: 'mount' }, 'service');
    expect(text).toContain('RemainAfterExit=yes');
    expect(text).toMatch(/^ExecStop=.* unmount /m);
    expect(text).not.toContain('SuccessExitStatus');
    expect(renderUnits({ ...job, kind: 'mount' }, ownerOf(), undefined)).toHaveLength(1);
  });

  it('are given credentials by the names that the program looks for', () => {
    const credentials = [
      { name: 'password', file: '/etc/a b.pw', isEncrypted: false },
      { name: 'key', file: '/etc/k%.cred', isEncrypted: true },
    ] as const;
    const text = unit({ ...job, credentials }, 'service');
    expect(text).toContain('LoadCredential=cryptosync-client1-default:/etc/a b.pw\n');
    expect(text).toContain('LoadCredentialEncrypted=cryptosync-client1-default-key:/etc/k%%.cred\n');
  });

  it('have a delay that stays the same, or none', () => {
    expect(unit({ ...job, jitter: 90_000 }, 'timer')).toMatch(
      /RandomizedDelaySec=90s\nFixedRandomDelay=yes\nPersistent=yes/,
    );
    expect(unit(job, 'timer')).not.toContain('Delay');
  });
});

describe('a marker', () => {
  it('tells whose it is, and whether what stands below it was changed', () => {
    const text = marked('drill', ownerOf(), 'a body\nof two lines\n');
    const [first = '', ...rest] = text.split('\n');
    const marker = parseMarker(first);
    expect(marker).toMatchObject({ kind: 'drill', client: 'client1', profile: 'default', root });
    expect(isOf(marker, ownerOf())).toBe(true);
    for (const other of [ownerOf('client2'), ownerOf('client1', 'photos'), { ...ownerOf(), root: '/srv' }]) {
      expect(isOf(marker, other)).toBe(false);
    }
    expect(marker && isUnchanged(marker, rest.join('\n'))).toBe(true);
    expect(marker && isUnchanged(marker, `${rest.join('\n')}#`)).toBe(false);
  });

  it.each(['', '# cryptosync schedule', '# cryptosync schedule: rm of a/b, 0123456789abcdef, in /', 'x'])(
    'is not read out of %j',
    (line) => {
      expect(parseMarker(line)).toBeUndefined();
    },
  );
});

describe('a crontab', () => {
  const line = renderLine({ ...job, using: 'cron' }, ownerOf(), when, 'root');

  it('gives the shell the very words, although cron ends a command at a %', () => {
    const [, entry = ''] = line.split('\n');
    expect(entry).toMatch(/^30 2 \* \* \* root PATH=\/usr\/bin:\/bin /);
    expect(entry).not.toMatch(/(?<!\\)%/);
    // what cron hands to sh; a function in the place of the program tells what it was given
    const command = entry.replace(/^(\S+ ){6}/, '').replaceAll(String.raw`\%`, '%');
    const words = execFileSync('/bin/sh', ['-c', command.replace(/^PATH=\S+ '[^']*'/, `printf '%s\\0'`)], {
      encoding: 'utf8',
    });
    expect(words.split('\0').slice(0, -1)).toEqual(commandOf('sync', ownerOf(), job.call).slice(1));
  });

  it('keeps what is not ours, and loses nothing but the job that is dropped', () => {
    const theirs = 'MAILTO=ops@example.com\n\n0 1 * * * echo theirs\n';
    const both = editLines(theirs, ownerOf(), { drop: ['sync'], put: [line] });
    expect(both).toBe(theirs + line);
    expect(findLines(both, ownerOf())).toMatchObject([{ marker: { kind: 'sync' } }]);
    expect(findLines(both, ownerOf('client2'))).toEqual([]);
    expect(editLines(both, ownerOf(), { drop: ['sync'], put: [line] })).toBe(both);
    expect(editLines(both, ownerOf(), { drop: ['verify'], put: [] })).toBe(both);
    expect(editLines(both, ownerOf('client2'), { drop: ['sync'], put: [] })).toBe(both);
    expect(editLines(both, ownerOf(), { drop: ['sync'], put: [] })).toBe(theirs);
  });

  it('is spent when only settings and comments are left', () => {
    expect(isTable(newTable)).toBe(true);
    expect(isTable('# something else\n')).toBe(false);
    expect(isSpent(`${newTable}MAILTO=ops@example.com\n`)).toBe(true);
    expect(isSpent(newTable + line)).toBe(false);
    expect(isSpent(`${newTable}0 1 * * * root echo theirs\n`)).toBe(false);
  });

  it('of a client has a name that cron reads, and no other client’s', () => {
    const names = ['a.b', 'a_b', 'a-b', 'ab'].map((client) => tableOf('/etc/cron.d', client));
    expect(new Set(names).size).toBe(4);
    for (const name of names) expect(name).toMatch(/^\/etc\/cron\.d\/[A-Za-z0-9_-]+$/);
  });
});
