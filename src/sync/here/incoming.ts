/**
 * The note beside a record while a run puts what came into its directory. A run that was killed meanwhile leaves it:
 * what is there is part of two states then, until the run is ended by another of its kind.
 */
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CryptosyncError, errnoOf } from '../../system/errors.ts';
import { readTextIfPresent, writeFileAtomic } from '../../system/files.ts';
import { parseStoredJson } from '../../system/paths/stored-json.ts';
import type { Job } from '../job.ts';
import type { SyncSource } from '../source.ts';
import { removeIfThere } from '../tree/record-file.ts';

const suffix = '.jsonl.incoming';

type Noted = Pick<Job, 'recordFile'>;

const noteOf = ({ recordFile }: Noted): string => `${recordFile}.incoming`;

/** What stands in the place of a state's id where a run brings two of them together, which its journal lets go on. */
export const bothWays = 'both-ways';

/** @param state the id of what is being put in place. */
export function noteIncoming(job: Job, state: string): void {
  const { directory } = job.mapping.source;
  writeFileAtomic(noteOf(job), `${JSON.stringify({ state, directory })}\n`, 0o600);
}

/** Whether a run that put this very state in place did not end. */
export function isIncoming(job: Noted, state: string): boolean {
  return readNote(noteOf(job))?.state === state;
}

/** A run has put all of its state in place: whatever place a run before it took a part of another from. */
export function removeIncoming(job: Job): void {
  const { recordFile, mapping } = job;
  forgetIncoming(dirname(recordFile), mapping.source.directory);
}

/** What is in a directory is taken as it is. @param records the directory in which the records of places are kept. */
export function forgetIncoming(records: string, directory: string): void {
  for (const { path } of notesAbout(records, directory)) removeIfThere(path);
}

/** The notes about a directory, and what was being put in place there. */
export function notesAbout(records: string, directory: string): { path: string; state: unknown }[] {
  return namesIn(records)
    .filter((name) => name.startsWith('record-') && name.endsWith(suffix))
    .map((name) => join(records, name))
    .flatMap((path) => {
      const note = readNote(path);
      return note?.directory === directory ? [{ path, state: note.state }] : [];
    });
}

/**
 * Files that belong to one state say nothing while they are of two.
 * @param except what the caller goes on with. @throws VAULT_MISMATCH when a run that was to replace them did not end
 */
export function verifyOneState(
  records: string,
  { isOneState, directory }: Pick<SyncSource, 'isOneState' | 'directory'>,
  except?: string,
): void {
  if (!isOneState || notesAbout(records, directory).every(({ state }) => state === except)) return;
  throw new CryptosyncError(
    'VAULT_MISMATCH',
    `a download that was to replace the files in ${directory} did not end: they are a mixture of two states`,
    { advice: { to: 'finish-download' } },
  );
}

function readNote(path: string): { readonly state: unknown; readonly directory: unknown } | undefined {
  try {
    const { state, directory } = Object(parseStoredJson(readTextIfPresent(path) ?? 'null'));
    return { state, directory };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}
