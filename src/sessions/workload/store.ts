/** Workloads on disk: `<id>.json` in a directory of the operator's. */
import { join } from 'node:path';
import { configHome } from '../../system/environment.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { namesIn } from '../../system/files.ts';
import { parseStoredJson } from '../../system/paths/stored-json.ts';
import { readTrustedText } from '../../system/paths/trust.ts';
import { isWorkloadId, verifyWorkload, type Workload } from './workload.ts';

/** Finds a workload by its id. @throws WORKLOAD_NOT_FOUND, CONFIG_INVALID */
export type WorkloadSource = (id: string) => Workload;

/**
 * Where workloads lie when nothing else is said: `/etc/cryptosync/workloads` for root and the user's XDG configuration
 * for everyone else; undefined for a user without a HOME.
 */
export function defaultWorkloadsDirectory(
  environment: NodeJS.ProcessEnv,
  userId: number,
): string | undefined {
  if (userId === 0) return '/etc/cryptosync/workloads';
  const base = configHome(environment);
  return base === undefined ? undefined : join(base, 'cryptosync', 'workloads');
}

/** The workloads of a directory, each read when it is asked for. */
export function workloadsIn(directory: string): WorkloadSource {
  return (id) => {
    if (!isWorkloadId(id)) throw workloadNotFound(id);
    const file = join(directory, `${id}.json`);
    const text = readTrustedText(file, directory);
    if (text === undefined) throw workloadNotFound(id);
    return parseWorkload(text, file);
  };
}

/** The workloads that a program has, by their ids; each is checked now. @throws CONFIG_INVALID */
export function givenWorkloads(workloads: Readonly<Record<string, Workload>>): WorkloadSource {
  const known = new Map(
    Object.entries(workloads).map(([id, value]) => [id, verifyWorkload(value, `the workload ${id}`)]),
  );
  return (id) => {
    const workload = known.get(id);
    if (workload === undefined) throw workloadNotFound(id);
    return workload;
  };
}

/** The ids of the workloads in a directory, in order. */
export function listWorkloads(directory: string): string[] {
  return namesIn(directory)
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -'.json'.length))
    .filter(isWorkloadId)
    .sort();
}

/** @throws CONFIG_INVALID naming the file and each path in it */
export function parseWorkload(text: string, file: string): Workload {
  let value: unknown;
  try {
    value = parseStoredJson(text);
  } catch {
    // the parser's message repeats what it read, which may be a sink's secret
    throw new CryptosyncError('CONFIG_INVALID', `${file} is not valid JSON`, {
      advice: { to: 'mend-or-remove-file' },
    });
  }
  return verifyWorkload(value, file);
}

export function workloadNotFound(id: unknown): CryptosyncError {
  const name = isWorkloadId(id) ? ` ${id}` : ' of this name';
  return new CryptosyncError('WORKLOAD_NOT_FOUND', `there is no workload${name}`);
}
