/** The same work by restic and borg, each with a repository of its own. */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import type { Scratch } from '../scripts/quickstart/scratch.ts';
import { environmentOf } from './clients.ts';
import { type Program, timeOf } from './measure.ts';

export interface Other {
  readonly name: string;
  readonly backup: Program;
}

/** @param url of a WebDAV server for restic, which reaches it by rclone; undefined for a local repository */
export function restic(scratch: Scratch, source: string, url: string | undefined): Other {
  const kind = url === undefined ? 'local' : 'webdav';
  const environment = {
    ...environmentOf(scratch),
    RESTIC_PASSWORD: 'benchmark',
    RESTIC_CACHE_DIR: join(scratch.path, 'restic-cache'),
    RESTIC_REPOSITORY: url === undefined ? mkdtempSync(join(scratch.path, 'restic-')) : 'rclone:bench:restic',
    ...(url !== undefined && { RCLONE_CONFIG_BENCH_TYPE: 'webdav', RCLONE_CONFIG_BENCH_URL: url }),
  };
  const call = (...args: string[]): Program => ({ file: 'restic', args: ['-q', ...args], environment });
  timeOf(call('init'));
  return { name: `restic backup, ${kind}`, backup: call('backup', source) };
}

/** borg knows only its own servers: its repository is local, which is its best case. */
export function borg(scratch: Scratch, source: string): Other {
  const environment = {
    ...environmentOf(scratch),
    BORG_BASE_DIR: join(scratch.path, 'borg-base'),
    BORG_REPO: join(scratch.path, 'borg'),
    BORG_PASSPHRASE: 'benchmark',
  };
  timeOf({ file: 'borg', args: ['init', '--encryption', 'repokey'], environment });
  const args = ['create', '::{now:%Y%m%d%H%M%S%f}', source];
  return { name: 'borg create, local', backup: { file: 'borg', args, environment } };
}
