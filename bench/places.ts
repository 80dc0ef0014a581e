/** Many files that hardly change, by cryptosync, rclone, restic and borg: over WebDAV, and to a local folder. */
import { randomBytes, randomInt } from 'node:crypto';
import { cpSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Scratch } from '../scripts/quickstart/scratch.ts';
import { type Amount, fileAt, fillCiphertext } from './ciphertext.ts';
import { cryptosync, environmentOf, installClient } from './clients.ts';
import { measureOnce, measurePairs, type Program, type Sides, timeOf } from './measure.ts';
import { borg, type Other, restic } from './others.ts';
import type { Row } from './row.ts';
import { withWebdav } from './server.ts';

const runs = 3;
const changedFiles = 5;
/** 50,000 files in 500 directories, unless a quick look is asked for. */
const amount: Amount = process.env['BENCH_QUICK']
  ? { files: 1000, directories: 10, size: 4096 }
  : { files: 50_000, directories: 500, size: 4096 };

export function measurePlaces(scratch: Scratch): Row[] {
  const source = join(dirname(installClient(scratch, 'places', 'client1')), 'encrypted');
  fillCiphertext(source, amount);
  fillCiphertext(wide(source, 0), { files: 1000, directories: 1, size: amount.size });
  const byBorg = borg(scratch, source);
  return [...overWebdav(scratch, source, byBorg), ...toFolder(scratch, source, byBorg)];
}

const many = `${amount.files.toLocaleString('en')} files`;

function overWebdav(scratch: Scratch, source: string, byBorg: Other): Row[] {
  return withWebdav(scratch, 'dav', (url, served) => {
    const options = ['--remote-type', 'webdav', '--remote-name', 'dav', '--remote-path', 'ours'];
    const install = ['install', '--client', 'client1', '--force', '--no-links', '--quiet', ...options];
    timeOf(cryptosync(scratch, 'places', ...install, '--remote-option', `url=${url}`));
    const ours = cryptosync(scratch, 'places', 'sync', '--client', 'client1', '--quiet');
    const bare = rcloneSync(scratch, source, `:webdav,url="${url}":bare`);
    timeOf(ours);
    // what rclone would need half an hour for, 10 ms a file
    cpSync(source, join(served, 'bare'), { recursive: true });
    return [
      firstOverWebdav(scratch, url),
      ...unchanged(`${many} unchanged, WebDAV`, ours, [
        { name: 'rclone sync, WebDAV', backup: bare, budget: 0.1 },
        { ...restic(scratch, source, url), budget: 0.25 },
        { ...byBorg, budget: 0.25 },
      ]),
      after(`${changedFiles} of ${many} changed, WebDAV`, { ours, bare, budget: 0.125 }, () => {
        for (let number = 0; number < changedFiles; number += 1)
          writeFileSync(
            fileAt(source, number * 7, amount.directories),
            randomBytes(amount.size + randomInt(100)),
          );
      }),
      {
        name: 'a directory of 1,000 files renamed, WebDAV',
        baseline: 'rclone sync, WebDAV',
        // rclone sends all of them again, 10 ms a call
        pair: measureOnce(changedSides({ ours, bare }, renamer(source))),
        budget: 0.05,
      },
    ];
  });
}

/** Small files to a place where nothing is. rclone needs minutes for them, so each is run once. */
function firstOverWebdav(scratch: Scratch, url: string): Row {
  const few: Amount = process.env['BENCH_QUICK']
    ? { files: 200, directories: 4, size: 1024 }
    : { files: 5000, directories: 100, size: 1024 };
  const client = join(dirname(installClient(scratch, 'places', 'client2')), 'encrypted');
  fillCiphertext(client, few);
  const options = ['--remote-type', 'webdav', '--remote-name', 'dav', '--remote-path', 'few-ours'];
  const install = ['install', '--client', 'client2', '--force', '--no-links', '--quiet', ...options];
  timeOf(cryptosync(scratch, 'places', ...install, '--remote-option', `url=${url}`));
  const ours = cryptosync(scratch, 'places', 'sync', '--client', 'client2', '--quiet');
  const bare = rcloneSync(scratch, client, `:webdav,url="${url}":few-bare`);
  return {
    name: `first sync of ${few.files.toLocaleString('en')} small files, WebDAV`,
    baseline: 'rclone sync, WebDAV',
    pair: measureOnce({ measured: () => timeOf(ours), baseline: () => timeOf(bare) }),
    budget: 0.33,
  };
}

function toFolder(scratch: Scratch, source: string, byBorg: Other): Row[] {
  const place = (name: string): string => join(scratch.path, 'folders', name);
  const install = ['install', '--client', 'client1', '--force', '--no-links', '--quiet'];
  const options = ['--remote-type', 'local', '--remote-name', 'folder', '--remote-path', place('ours')];
  timeOf(cryptosync(scratch, 'places', ...install, ...options));
  const ours = cryptosync(scratch, 'places', 'sync', '--client', 'client1', '--quiet');
  const bare = rcloneSync(scratch, source, place('bare'));
  timeOf(ours);
  timeOf(bare);
  return unchanged(`${many} unchanged, local folder`, ours, [
    { name: 'rclone sync, local', backup: bare, budget: 1 },
    { ...restic(scratch, source, undefined), budget: 0.25 },
    { ...byBorg, budget: 0.25 },
  ]);
}

interface Against extends Other {
  readonly budget: number;
}

/** One run of each that does not count fills the others' repositories. */
function unchanged(name: string, ours: Program, others: readonly Against[]): Row[] {
  return others.map(({ name: baseline, backup, budget }) => ({
    name,
    baseline,
    pair: measurePairs(runs, { measured: () => timeOf(ours), baseline: () => timeOf(backup) }),
    budget,
  }));
}

interface Both {
  readonly ours: Program;
  readonly bare: Program;
  readonly budget: number;
}

function after(name: string, { ours, bare, budget }: Both, change: () => void): Row {
  const pair = measurePairs(runs, changedSides({ ours, bare }, change));
  return { name, baseline: 'rclone sync, WebDAV', pair, budget };
}

/** Both programs, each after a change. */
function changedSides({ ours, bare }: Omit<Both, 'budget'>, change: () => void): Sides {
  const changed = (program: Program): number => {
    change();
    return timeOf(program);
  };
  return { measured: () => changed(ours), baseline: () => changed(bare) };
}

/** The directory of many files, by how often it was renamed: a name that neither side has seen. */
function wide(source: string, times: number): string {
  return join(source, `wide-${times}`);
}

function renamer(source: string): () => void {
  let times = 0;
  return () => {
    renameSync(wide(source, times), wide(source, times + 1));
    times += 1;
  };
}

function rcloneSync(scratch: Scratch, source: string, target: string): Program {
  return { file: 'rclone', args: ['sync', source, target], environment: environmentOf(scratch) };
}
