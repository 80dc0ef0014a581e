/** What stands of a job on this machine, compared with what was written. */
import { join } from 'node:path';
import { CryptosyncError } from '../system/errors.ts';
import { findLines } from './cron/lines.ts';
import { readCrontab, tableOf } from './cron/tables.ts';
import type { Job, Owner } from './job.ts';
import { isUnchanged, parseMarker } from './marker.ts';
import { readTable, readUnit, tableDirectory, type User, unitDirectory } from './places.ts';
import { unitNames } from './systemd/units.ts';

/** A file, or line, of a job. */
export interface Standing {
  /** Where it is, or belongs; `crontab` for the user's own. */
  readonly path: string;
  /** `taken`: something stands there that is not the profile's. */
  readonly state: 'written' | 'changed' | 'missing' | 'taken';
}

/** @throws CONFIG_INVALID when the user's crontab can't be read */
export async function lookAt(
  user: User,
  job: Job,
  owner: Pick<Owner, 'root' | 'layout'>,
): Promise<Standing[]> {
  if (job.using === 'systemd') return unitsOf(job, owner, user);
  const directory = tableDirectory(job);
  if (directory === undefined)
    return [lineIn('crontab', (await readCrontab(user.environment)) ?? '', job, owner)];
  const path = tableOf(directory, owner.layout.client);
  return [unlessTaken(path, () => lineIn(path, readTable(path) ?? '', job, owner))];
}

function unitsOf(job: Job, owner: Pick<Owner, 'root' | 'layout'>, user: User): Standing[] {
  const { service, timer } = unitNames(job.kind, owner);
  const directory = unitDirectory(job, user);
  return [service, timer].flatMap((name) => {
    if (name === undefined) return [];
    const path = join(directory, name);
    return [unlessTaken(path, () => standingUnit(path, readUnit(path, owner)))];
  });
}

function standingUnit(path: string, text: string | undefined): Standing {
  if (text === undefined) return { path, state: 'missing' };
  const [first = '', ...rest] = text.split('\n');
  const marker = parseMarker(first);
  const isSame = marker !== undefined && isUnchanged(marker, rest.join('\n'));
  return { path, state: isSame ? 'written' : 'changed' };
}

function lineIn(path: string, table: string, job: Job, owner: Pick<Owner, 'root' | 'layout'>): Standing {
  const line = findLines(table, owner).find(({ marker }) => marker.kind === job.kind);
  if (line === undefined) return { path, state: 'missing' };
  return { path, state: isUnchanged(line.marker, line.body) ? 'written' : 'changed' };
}

function unlessTaken(path: string, look: () => Standing): Standing {
  try {
    return look();
  } catch (error) {
    if (!(error instanceof CryptosyncError)) throw error;
    return { path, state: 'taken' };
  }
}
