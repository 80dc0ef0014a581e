/** A platform for tests: a sink on this machine, a workload, and coordinators over roots of their own. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { CoordinatorSettings, SyncCoordinator, Workload } from '../../src/index.ts';
import { generateEncryptionKey } from '../../src/secrets/encryption-key.ts';
import type { Installation } from './installation.ts';
import { cleanEnvironment } from './serve.ts';

/** The built library: its syncs run in a process of their own, which starts in a tenth of the time when it is bundled. */
const library: string = join(import.meta.dirname, '../../dist/index.js');
const { givenWorkloads, SyncCoordinator: Coordinator } = (await import(
  library
)) as typeof import('../../src/index.ts');

export interface Platform {
  /** What the sink keeps. */
  readonly disk: string;
  readonly root: string;
  readonly workload: Workload;
  /** A coordinator; it is closed with the installation. */
  start(more?: Partial<CoordinatorSettings>): SyncCoordinator;
  /** Where a tenant's files are. */
  directory(tenant: string): string;
}

/** A workload that sends all of a tenant's files to a directory. */
export function workloadOn(disk: string, changes: Partial<Workload> = {}): Workload {
  return {
    version: 1,
    sink: { type: 'local', root: disk },
    mappings: [{ path: '.' }],
    policy: { encryption: 'optional' },
    ...changes,
  };
}

/** @param name the node's: each has a root of its own, and all have the same sink */
export function platform(
  installation: Installation,
  changes: Partial<Workload> = {},
  name = 'node',
): Platform {
  const [disk, root] = [installation.path('disk'), installation.path(name)];
  for (const path of [disk, root]) mkdirSync(path, { recursive: true });
  const workload = workloadOn(disk, changes);
  return {
    disk,
    root,
    workload,
    directory: (tenant) => join(root, tenant, 'session'),
    start(more = {}) {
      const coordinator = new Coordinator({
        root,
        workloads: givenWorkloads({ files: workload }),
        environment: cleanEnvironment,
        ...more,
      });
      installation.atCleanUp(() => coordinator.close({ drain: 0 }));
      return coordinator;
    },
  };
}

/** A claim with a key as a program should give it: as bytes. */
export function claimWith(key: string = generateEncryptionKey()) {
  return { workloadId: 'files', encryption: { key: Buffer.from(key) } };
}

/** A claim without encryption, which needs no rclone on a sink of this machine. */
export const plainClaim = { workloadId: 'files' };

/** The code that something fails with, or `done`. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'done';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}
