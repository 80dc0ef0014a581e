/** The workloads of an operator, as files: which there are, what they say, whether they are right, and changing them. */
import { basename, join } from 'node:path';
import { type Check, setKey, unsetKey, verifyKey } from '../../clients/keys.ts';
import { fileMode } from '../../clients/layout.ts';
import { writeStored } from '../../clients/store.ts';
import { adapterFor } from '../../remotes/sinks/index.ts';
import { logged } from '../../runs/recorded.ts';
import { listInterrupted } from '../../sessions/on-disk.ts';
import { listWorkloads, parseWorkload, workloadNotFound } from '../../sessions/workload/store.ts';
import {
  checkWorkload,
  isWorkloadId,
  type Workload,
  workloadKeys,
} from '../../sessions/workload/workload.ts';
import { CryptosyncError, toCryptosyncError } from '../../system/errors.ts';
import { ensureDirectory } from '../../system/files.ts';
import { removeFile } from '../../system/paths/removal.ts';
import { parseStoredJson } from '../../system/paths/stored-json.ts';
import { readTrustedText, verifyTrusted } from '../../system/paths/trust.ts';
import type { Context } from '../context.ts';
import { underLocks } from '../under-locks.ts';

/** One file among the operator's workloads. */
export interface WorkloadPlace {
  readonly directory: string;
  readonly id: string;
}

export interface WorkloadVerdict {
  readonly id: string;
  readonly file: string;
  /** Undefined when it is right. */
  readonly error?: CryptosyncError | undefined;
  readonly workload?: Workload | undefined;
}

/** What stands for a secret where a workload is shown. */
export const masked = '[redacted]';

const onlyOwner = 0o700;

/** @throws USAGE for what can be no id */
export function workloadPlace(directory: string, id: string): WorkloadPlace {
  if (isWorkloadId(id)) return { directory, id };
  throw new CryptosyncError('USAGE', `${JSON.stringify(id)} can be no id of a workload`, {
    advice: { to: 'write-workload-id' },
  });
}

export function fileOf({ directory, id }: WorkloadPlace): string {
  return join(directory, `${id}.json`);
}

/** @throws WORKLOAD_NOT_FOUND, CONFIG_INVALID */
export function readWorkload(place: WorkloadPlace): Workload {
  return parseWorkload(textOf(place), fileOf(place));
}

/** Every one, or the ones that are named; whatever is wrong with one stands in its verdict. */
export function judgeWorkloads(directory: string, ids: readonly string[]): WorkloadVerdict[] {
  const wanted = ids.length > 0 ? ids : listWorkloads(directory);
  return wanted.map((id) => {
    const place = workloadPlace(directory, id);
    const verdict = { id, file: fileOf(place) };
    try {
      return { ...verdict, workload: readWorkload(place) };
    } catch (thrown) {
      return { ...verdict, error: toCryptosyncError(thrown) };
    }
  });
}

/** The same with nothing in it that opens a sink. */
export function withoutSecrets(workload: Workload): Workload {
  const { sink } = workload;
  if (sink === undefined) return workload;
  const secrets: readonly string[] = adapterFor(sink).secrets;
  const shown = Object.entries(sink).map(([name, value]) => [name, secrets.includes(name) ? masked : value]);
  return { ...workload, sink: Object.fromEntries(shown) };
}

/** Whether what is set there is a secret, or may hold one: it is then taken from a file or stdin alone. */
export function mayHoldSecret(place: WorkloadPlace, key: string): boolean {
  const [top, name] = key.split('.');
  if (top !== 'sink') return false;
  const { sink } = looseWorkload(place) as { sink?: unknown };
  if (name === undefined) return true;
  try {
    return adapterFor(sink as never).secrets.includes(name);
  } catch {
    return true;
  }
}

/**
 * Sets a value by its dotted key, checked with all of the workload before it is kept.
 * @throws USAGE for no such key, WORKLOAD_NOT_FOUND, CONFIG_INVALID, LOCKED; then nothing has changed
 */
export async function setInWorkload(
  context: Context,
  place: WorkloadPlace,
  { key, text, wait }: { readonly key: string; readonly text: string; readonly wait: number },
): Promise<Workload> {
  verifyWorkloadKey(key);
  return await change(context, { place, wait }, () => setKey(looseWorkload(place), key, text, check));
}

/** @throws as setInWorkload */
export async function unsetInWorkload(
  context: Context,
  place: WorkloadPlace,
  { key, wait }: { readonly key: string; readonly wait: number },
): Promise<Workload> {
  verifyWorkloadKey(key);
  return await change(context, { place, wait }, () => unsetKey(looseWorkload(place), key, check));
}

/** Writes a whole workload, a new one or over the former. @throws CONFIG_INVALID, LOCKED */
export async function writeWorkload(
  context: Context,
  place: WorkloadPlace,
  { text, wait }: { readonly text: string; readonly wait: number },
): Promise<Workload> {
  return await change(context, { place, wait }, () => parseWorkload(text, `what shall be ${fileOf(place)}`));
}

/**
 * Removes one. @param force although tenants of this root are, or were when their server ended, claimed for it
 * @throws WORKLOAD_NOT_FOUND, LOCKED
 */
export async function removeWorkload(
  context: Context,
  place: WorkloadPlace,
  { force, wait }: { readonly force: boolean; readonly wait: number },
): Promise<void> {
  const look = (): void => {
    textOf(place);
    const users = force ? [] : usersOf(context.root, place);
    if (users.length === 0) return;
    throw new CryptosyncError('LOCKED', `the workload ${place.id} is that of ${users.join(', ')}`, {
      advice: { to: 'release-or-force' },
      details: { tenants: users },
    });
  };
  const act = async (): Promise<void> => void removeFile(fileOf(place), place.directory);
  await locked(context, { place, wait, outcome: 'removed' }, { look, act });
}

/** By their journals: those of a server that runs have one as well. */
function usersOf(root: string, { id }: WorkloadPlace): string[] {
  return listInterrupted(root).flatMap(({ tenantId, workloadId }) => (workloadId === id ? [tenantId] : []));
}

interface Change {
  readonly place: WorkloadPlace;
  /** Milliseconds for its lock. */
  readonly wait: number;
}

async function change(context: Context, { place, wait }: Change, decide: () => Workload): Promise<Workload> {
  const { directory } = place;
  decide(); // what is wrong is told before anything is made
  ensureDirectory(directory, onlyOwner);
  const stored = { file: fileOf(place), base: directory, mode: fileMode, keepsMode: true };
  const act = async (workload: Workload): Promise<Workload> => {
    await writeStored(stored, workload);
    return workload;
  };
  return await locked(context, { place, wait, outcome: 'changed' }, { look: decide, act });
}

async function locked<Seen, Result>(
  context: Context,
  { place, wait, outcome }: Change & { readonly outcome: string },
  work: { readonly look: () => Seen; readonly act: (seen: Seen) => Promise<Result> },
): Promise<Result> {
  const file = fileOf(place);
  verifyTrusted(file, place.directory);
  const record = (run: () => Promise<Result>): Promise<Result> =>
    logged(context, { subject: `workload ${place.id}`, operation: 'workload' }, run, {
      describe: () => ({ outcome, did: file }),
    });
  const lock = {
    path: join(place.directory, `.${basename(file)}.lock`),
    base: place.directory,
    subject: `the workload ${place.id}`,
    purpose: 'config',
  };
  return await underLocks(context, { wait, record }, { ...work, locks: () => [lock] });
}

/** One that is there, right or not: a change may be what mends it. @throws WORKLOAD_NOT_FOUND, CONFIG_INVALID */
function looseWorkload(place: WorkloadPlace): Workload {
  const text = textOf(place);
  try {
    const value = parseStoredJson(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Workload;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return parseWorkload(text, fileOf(place));
}

function textOf(place: WorkloadPlace): string {
  const text = readTrustedText(fileOf(place), place.directory);
  if (text === undefined) throw workloadNotFound(place.id);
  return text;
}

const check: Check<Workload> = (value) => {
  const checked = checkWorkload(value);
  return 'workload' in checked ? { config: checked.workload } : checked;
};

/** What a sink has its adapter judges. @throws USAGE with the nearest known key */
function verifyWorkloadKey(key: string): void {
  if (/^sink\.[A-Za-z]{1,40}$/.test(key)) return;
  verifyKey(key, workloadKeys);
}
