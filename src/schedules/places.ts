/** Where what a schedule writes lies, and whose a file is that stands there. */
import { join } from 'node:path';
import { configHome } from '../system/environment.ts';
import { CryptosyncError } from '../system/errors.ts';
import { kindOf, readTextIfPresent } from '../system/files.ts';
import { isTable, systemTables, tableOf } from './cron/tables.ts';
import type { Job, JobKind, Owner } from './job.ts';
import { isOf, parseMarker } from './marker.ts';
import { unitNames } from './systemd/units.ts';

export interface User {
  readonly environment: NodeJS.ProcessEnv;
  readonly userId: number;
}

const systemUnits = '/etc/systemd/system';

/** Where a user's own systemd looks for units; undefined without a HOME. */
export function userUnits(environment: NodeJS.ProcessEnv): string | undefined {
  const configuration = configHome(environment);
  return configuration && join(configuration, 'systemd', 'user');
}

/** Where systemd itself looks for the units of root, or of a user. */
export function managedUnits(isUsers: boolean, environment: NodeJS.ProcessEnv): string | undefined {
  return isUsers ? userUnits(environment) : systemUnits;
}

/** The directory of a job's units. @throws USAGE for a user without a home */
export function unitDirectory(
  { directory, isUsers }: Pick<Job, 'directory' | 'isUsers'>,
  { environment }: User,
): string {
  const chosen = directory ?? managedUnits(isUsers, environment);
  if (chosen !== undefined) return chosen;
  throw new CryptosyncError('USAGE', 'where the units of this user lie is not known, without HOME');
}

/** Every directory in which units of a profile may lie. */
export function unitDirectories(jobs: readonly Job[], user: User): string[] {
  const own = userUnits(user.environment);
  return [
    ...new Set([
      ...(user.userId === 0 ? [systemUnits] : []),
      ...(own === undefined ? [] : [own]),
      ...jobs.filter(({ using }) => using === 'systemd').map((job) => unitDirectory(job, user)),
    ]),
  ];
}

/** Every file, besides the user's crontab, in which lines of a client may stand. */
export function cronTables(
  jobs: readonly Job[],
  { layout }: Pick<Owner, 'layout'>,
  { userId }: User,
): string[] {
  const directories = [
    ...(userId === 0 ? [systemTables] : []),
    ...jobs.filter(({ using }) => using === 'cron').flatMap((job) => tableDirectory(job) ?? []),
  ];
  return [...new Set(directories)].map((directory) => tableOf(directory, layout.client));
}

/** The directory of a job's crontab; undefined for the user's own crontab. */
export function tableDirectory({
  directory,
  isUsers,
}: Pick<Job, 'directory' | 'isUsers'>): string | undefined {
  return directory ?? (isUsers ? undefined : systemTables);
}

/** The text of a unit that is the profile's; undefined where none stands. @throws CONFIG_INVALID for another's */
export function readUnit(path: string, owner: Pick<Owner, 'root' | 'layout'>): string | undefined {
  const text = readPlain(path);
  if (text === undefined || isOf(parseMarker(text.split('\n', 1)[0] ?? ''), owner)) return text;
  throw foreign(path);
}

/** The text of a client's crontab; undefined where none stands. @throws CONFIG_INVALID for another's */
export function readTable(path: string): string | undefined {
  const text = readPlain(path);
  if (text === undefined || isTable(text)) return text;
  throw foreign(path);
}

/** @throws CONFIG_INVALID for a link, or what is no file: what it leads to is nobody's business here */
function readPlain(path: string): string | undefined {
  const kind = kindOf(path);
  if (kind === 'none') return undefined;
  if (kind === 'file') return readTextIfPresent(path);
  throw foreign(path);
}

function foreign(path: string): CryptosyncError {
  return new CryptosyncError('CONFIG_INVALID', `${path} is not what a schedule of this profile wrote there`, {
    advice: { to: 'move-schedule-file-away', path },
  });
}

/** The units of a job that stand in a directory and are the profile's; another's are none. */
export function ownUnits(directory: string, kind: JobKind, owner: Pick<Owner, 'root' | 'layout'>): string[] {
  const { service, timer } = unitNames(kind, owner);
  return [timer, service].flatMap((name) => {
    if (name === undefined) return [];
    const path = join(directory, name);
    try {
      return readUnit(path, owner) === undefined ? [] : [path];
    } catch (error) {
      if (error instanceof CryptosyncError && error.code === 'CONFIG_INVALID') return [];
      throw error;
    }
  });
}
