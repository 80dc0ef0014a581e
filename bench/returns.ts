/** Checking and bringing back: the list of many files, the content of some, all of them again, and one of many. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Scratch } from '../scripts/quickstart/scratch.ts';
import { type Amount, fillCiphertext } from './ciphertext.ts';
import { cryptosync, environmentOf, installClient } from './clients.ts';
import { measurePairs, type Program, timeOf } from './measure.ts';
import { restic } from './others.ts';
import type { Row } from './row.ts';
import { withWebdav } from './server.ts';

const runs = 5;
const isQuick = process.env['BENCH_QUICK'] !== undefined;
/** Of which the list is read, and one is brought back. */
const many: Amount = isQuick
  ? { files: 1000, directories: 10, size: 4096 }
  : { files: 50_000, directories: 500, size: 4096 };
/** Of which all is read, and brought back. */
const some: Amount = { files: isQuick ? 200 : 5000, directories: 50, size: 65_536 };

const told = ({ files }: Amount): string => `${files.toLocaleString('en')} files`;

export function measureReturns(scratch: Scratch): Row[] {
  return [...ofSome(scratch), ...ofMany(scratch)];
}

function ofSome(scratch: Scratch): Row[] {
  const source = join(dirname(installClient(scratch, 'returns', 'some')), 'encrypted');
  fillCiphertext(source, some);
  const ours = oursFor(scratch, 'some');
  timeOf(ours('sync'));
  const remote = join(scratch.path, 'remote-of-some');
  const out = join(scratch.path, 'returned');
  const afresh = (program: Program): number => {
    rmSync(out, { recursive: true, force: true });
    return timeOf(program);
  };
  const leftOut = ['--exclude', '/.cryptosync/**'];
  const byRclone = rcloneFor(scratch);
  const { backup } = restic(scratch, source, undefined);
  timeOf(backup);
  const read = { ...backup, args: ['-q', 'check', '--read-data'] };
  const deep = (): number => timeOf(ours('verify', '--deep'));
  return [
    {
      name: `verify --deep of ${told(some)}, local folder`,
      baseline: 'rclone check --download, local',
      pair: measurePairs(runs, {
        measured: deep,
        baseline: () => timeOf(byRclone('check', '--download', source, remote, ...leftOut)),
      }),
      budget: 1.11,
    },
    {
      name: `verify --deep of ${told(some)}, local folder`,
      baseline: 'restic check --read-data, local',
      pair: measurePairs(runs, { measured: deep, baseline: () => timeOf(read) }),
      budget: undefined,
    },
    {
      name: `restore of ${told(some)}, local folder`,
      baseline: 'rclone copy, local',
      pair: measurePairs(runs, {
        measured: () => afresh(ours('restore', '--to', out)),
        baseline: () => afresh(byRclone('copy', remote, out, ...leftOut)),
      }),
      budget: 1.15,
    },
  ];
}

function ofMany(scratch: Scratch): Row[] {
  return withWebdav(scratch, 'dav-returns', (url, served) => {
    const mountDir = installClient(scratch, 'returns', 'many');
    const ours = oursFor(scratch, 'many');
    timeOf(ours('mount'));
    writeFileSync(join(mountDir, 'one'), 'one of many');
    timeOf(ours('unmount'));
    fillCiphertext(join(dirname(mountDir), 'encrypted'), many);
    mkdirSync(served, { recursive: true });
    const moved = ['install', '--force', '--no-links'];
    // by WebDAV the first sync would take half an hour, 10 ms a file
    timeOf(
      ours(
        ...moved,
        '--remote-name',
        'disk',
        '--remote-type',
        'local',
        '--remote-path',
        join(served, 'ours'),
      ),
    );
    timeOf(ours('sync'));
    const dav = ['--remote-name', 'dav', '--remote-type', 'webdav', '--remote-path', 'ours'];
    timeOf(ours(...moved, ...dav, '--remote-option', `url=${url}`));
    const byRclone = rcloneFor(scratch);
    const place = `:webdav,url="${url}":ours`;
    const found = join(scratch.path, 'found');
    return [
      {
        name: `verify of ${told(many)}, WebDAV`,
        baseline: 'rclone lsjson --recursive, WebDAV',
        pair: measurePairs(runs, {
          measured: () => timeOf(ours('verify')),
          baseline: () => timeOf(byRclone('lsjson', '--recursive', '--filter', '- /.cryptosync/**', place)),
        }),
        budget: 1.1,
      },
      {
        name: `restore of one out of ${told(many)}, WebDAV`,
        baseline: 'rclone copyto, WebDAV',
        pair: measurePairs(runs, {
          measured: () => {
            rmSync(found, { recursive: true, force: true });
            return timeOf(ours('restore', '--path', 'one', '--to', found));
          },
          baseline: () => timeOf(byRclone('copyto', `${place}/gocryptfs.conf`, join(scratch.path, 'copied'))),
        }),
        budget: undefined,
      },
    ];
  });
}

function oursFor(scratch: Scratch, client: string): (...args: string[]) => Program {
  return (...args) => cryptosync(scratch, 'returns', ...args, '--client', client, '--quiet');
}

function rcloneFor(scratch: Scratch): (...args: string[]) => Program {
  return (...args) => ({ file: 'rclone', args, environment: environmentOf(scratch) });
}
