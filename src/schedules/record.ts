/** What is on a profile's schedule, as its tree remembers it: what was written can be compared with it, and found again. */
import * as v from 'valibot';
import { directoryMode, fileMode, scheduleFile } from '../clients/layout.ts';
import { issuesOf } from '../clients/schema-issues.ts';
import { isTime } from '../system/clock.ts';
import { CryptosyncError } from '../system/errors.ts';
import { ensureDirectory, writeFileAtomic } from '../system/files.ts';
import { removeFile } from '../system/paths/removal.ts';
import { parseStoredJson } from '../system/paths/stored-json.ts';
import { readTrustedText } from '../system/paths/trust.ts';
import { credentialNames, hostSystems, type Job, jobKinds, type Owner } from './job.ts';
import { isUnitName } from './systemd/words.ts';

/** A path that stands in a line of its own, somewhere. */
const path = v.pipe(v.string(), v.startsWith('/'), v.regex(/^[^\p{Cc}]*$/u, 'holds a control character'));

const jobSchema = v.strictObject({
  kind: v.picklist(jobKinds),
  when: v.pipe(v.string(), v.regex(/^[^\p{Cc}]+$/u, 'holds a control character')),
  using: v.picklist(hostSystems),
  isUsers: v.boolean(),
  directory: v.optional(path),
  jitter: v.pipe(v.number(), v.integer(), v.minValue(0)),
  onFailure: v.optional(v.pipe(v.string(), v.check(isUnitName, 'is no unit'))),
  credentials: v.array(
    v.strictObject({ name: v.picklist(credentialNames), file: path, isEncrypted: v.boolean() }),
  ),
  call: v.strictObject({
    program: v.strictObject({ node: path, script: path }),
    path: v.pipe(v.string(), v.regex(/^[^\p{Cc}]*$/u, 'holds a control character')),
    logFile: v.optional(path),
    settingsFile: v.optional(path),
  }),
  since: v.pipe(v.string(), v.check(isTime, 'is no time')),
});

const recordSchema = v.strictObject({ version: v.literal(1), jobs: v.array(jobSchema) });

/** The jobs of a profile; none while nothing was written. @throws CONFIG_INVALID */
export function readSchedule({ layout }: Pick<Owner, 'layout'>): Job[] {
  const file = scheduleFile(layout);
  const text = readTrustedText(file, layout.directory);
  if (text === undefined) return [];
  const problem = (why: string): CryptosyncError =>
    new CryptosyncError('CONFIG_INVALID', `${file} is no schedule: ${why}`, {
      advice: { to: 'schedule-again' },
    });
  let value: unknown;
  try {
    value = parseStoredJson(text);
  } catch {
    throw problem('it is no JSON');
  }
  const result = v.safeParse(recordSchema, value);
  if (result.success) return result.output.jobs;
  throw problem(
    issuesOf(result.issues)
      .map((issue) => `${issue.path} ${issue.message}`)
      .join('; '),
  );
}

/** Remembers the jobs; without any the file goes. The caller holds the lock of the configuration. */
export function writeSchedule({ layout }: Pick<Owner, 'layout'>, jobs: readonly Job[]): void {
  const file = scheduleFile(layout);
  if (jobs.length === 0) {
    removeFile(file, layout.directory);
    return;
  }
  ensureDirectory(layout.stateDirectory, directoryMode, layout.directory);
  writeFileAtomic(
    file,
    `${JSON.stringify({ version: 1, jobs }, undefined, 2)}\n`,
    fileMode,
    layout.directory,
  );
}
