/** Machines that sync a plain directory with one place, without a tree of clients: a job and its state each. */
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Remote } from '../../src/remotes/remote.ts';
import type { Direction } from '../../src/remotes/tuning.ts';
import type { Job, JobRequest } from '../../src/sync/job.ts';
import type { DirectionOutcome } from '../../src/sync/result.ts';
import { runJob } from '../../src/sync/run.ts';
import { directorySource } from '../../src/sync/source.ts';
import { contextFor, type RecordingContext } from './context.ts';
import { cleanEnvironment } from './serve.ts';

export interface Machine {
  /** The source. */
  readonly tree: string;
  readonly state: string;
  readonly context: RecordingContext;
  /** What a run of it is made of. */
  jobFor(direction: Direction, request?: JobRequest, settings?: Partial<Job['settings']>): Job;
  upload(request?: JobRequest, settings?: Partial<Job['settings']>): Promise<DirectionOutcome>;
  download(request?: JobRequest): Promise<DirectionOutcome>;
  bothWays(request?: JobRequest): Promise<DirectionOutcome>;
  /** Keeps tree and state as they are now. @returns sets the machine back to it */
  snapshot(): () => void;
}

const sealKey = Buffer.alloc(32, 7);

/** @param directory of the machine's own. */
export function machineAt(directory: string, name: string, raw: Remote): Machine {
  const tree = join(directory, 'tree');
  const state = join(directory, 'state');
  for (const path of [tree, state]) mkdirSync(path, { recursive: true });
  const context = contextFor(directory, { ...cleanEnvironment, XDG_CACHE_HOME: join(directory, 'cache') });
  const jobFor = (
    direction: Direction,
    request: JobRequest = {},
    settings: Partial<Job['settings']> = {},
  ): Job => ({
    mapping: {
      source: directorySource(tree, 'vault#files'),
      raw,
      direction,
      mode: 'sync',
      include: [],
      crypt: undefined,
    },
    view: raw,
    request,
    profile: {},
    settings: {
      deleteLimit: undefined,
      bandwidthLimit: undefined,
      flags: undefined,
      include: [],
      keepDeleted: 86_400_000,
      keepGenerations: 1,
      fullEvery: 86_400_000,
      ...settings,
    },
    recordFile: join(state, 'record.jsonl'),
    machine: `machine-${name}`,
    sealKey,
    localTrash: join(state, 'trash'),
    indexFile: join(state, 'index'),
    baseFile: join(state, 'base'),
    bothWaysDirectory: join(state, 'bisync'),
  });
  const run = (...asked: Parameters<typeof jobFor>): Promise<DirectionOutcome> =>
    runJob(context, name, jobFor(...asked));
  return {
    tree,
    state,
    context,
    jobFor,
    upload: (request = {}, settings = {}) => run('upload', request, settings),
    download: (request = {}) => run('download', request, {}),
    bothWays: (request = {}) => run('bidirectional', request, {}),
    snapshot: () => snapshotOf(directory),
  };
}

/** Keeps a directory as it is. @returns brings it back */
export function snapshotOf(directory: string): () => void {
  const kept = `${directory}.kept`;
  rmSync(kept, { recursive: true, force: true });
  cpSync(directory, kept, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
  return () => {
    rmSync(directory, { recursive: true, force: true });
    cpSync(kept, directory, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
  };
}

/** A remote on a WebDAV server of this machine, with an rclone.conf of its own. */
export function webdavRemote(directory: string, port: number, path: string): Remote {
  const configFile = join(directory, 'rclone.conf');
  const text = `[dav]\ntype = webdav\nurl = http://127.0.0.1:${port}\nvendor = other\n`;
  writeFileSync(configFile, text, { mode: 0o600 });
  return { name: 'dav', type: 'webdav', path, configFile };
}
