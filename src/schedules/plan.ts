/** What a change of a schedule comes to: files, lines and calls, decided before anything is touched. */
import { basename, dirname, join } from 'node:path';
import { editLines, findLines, renderLine } from './cron/lines.ts';
import { isSpent, newTable, noCron, readCrontab, tableOf } from './cron/tables.ts';
import { atBoot, type Job, type JobKind, type Owner } from './job.ts';
import {
  cronTables,
  managedUnits,
  ownUnits,
  readTable,
  readUnit,
  tableDirectory,
  type User,
  unitDirectories,
  unitDirectory,
} from './places.ts';
import { renderUnits } from './systemd/units.ts';
import { readWhen, type When } from './when/when.ts';

/** A job that is to be written. */
export interface Put {
  readonly job: Job;
  /** Undefined for a mount. */
  readonly when: When | undefined;
}

/** A job that was remembered, to be written again. */
export function rememberedPut(job: Job): Put {
  return { job, when: job.when === atBoot ? undefined : readWhen(job.when) };
}

export interface Change {
  /** What the profile has on its schedule so far. */
  readonly before: readonly Job[];
  readonly put: readonly Put[];
  readonly drop: readonly JobKind[];
}

/** A unit that systemd itself looks after. */
interface ManagedUnit {
  readonly name: string;
  readonly isUsers: boolean;
}

export interface SchedulePlan {
  readonly writes: readonly { readonly path: string; readonly text: string }[];
  readonly removes: readonly string[];
  /** The user's whole crontab, and whether a line of ours is in it that was not, or is another. */
  readonly crontab: { readonly before: string; readonly after: string; readonly adds: boolean } | undefined;
  readonly turnsOn: readonly ManagedUnit[];
  readonly turnsOff: readonly ManagedUnit[];
  /** What is on the schedule afterwards. */
  readonly jobs: readonly Job[];
}

/** Decides, and changes nothing. @throws CONFIG_INVALID for a file that is not ours, TOOL_MISSING */
export async function planChange(user: User, owner: Owner, change: Change): Promise<SchedulePlan> {
  const gone = new Set([...change.drop, ...change.put.map(({ job }) => job.kind)]);
  const units = planUnits(user, owner, change, [...gone]);
  const tables = planTables(user, owner, change, [...gone]);
  return {
    writes: [...units.writes, ...tables.writes],
    removes: [...units.removes, ...tables.removes],
    crontab: await planCrontab(user, owner, change, [...gone]),
    turnsOn: units.turnsOn,
    turnsOff: units.turnsOff,
    jobs: [...change.before.filter(({ kind }) => !gone.has(kind)), ...change.put.map(({ job }) => job)],
  };
}

function planUnits(
  user: User,
  owner: Owner,
  { before, put }: Change,
  gone: readonly JobKind[],
): Pick<SchedulePlan, 'writes' | 'removes' | 'turnsOn' | 'turnsOff'> {
  const own = put.filter(({ job }) => job.using === 'systemd');
  const writes = own.flatMap(({ job, when }) =>
    renderUnits(job, owner, when).map(({ name, text }) => {
      const path = join(unitDirectory(job, user), name);
      readUnit(path, owner);
      return { path, text };
    }),
  );
  const written = new Set(writes.map(({ path }) => path));
  const removes = unitDirectories(before, user).flatMap((directory) =>
    gone.flatMap((kind) => ownUnits(directory, kind, owner)).filter((path) => !written.has(path)),
  );
  const managed = (path: string): ManagedUnit[] =>
    [false, true]
      .filter((isUsers) => dirname(path) === managedUnits(isUsers, user.environment))
      .map((isUsers) => ({ name: basename(path), isUsers }));
  return {
    writes,
    removes,
    turnsOn: writes.flatMap(({ path }) => (isStarted(path) ? managed(path) : [])),
    turnsOff: removes.flatMap((path) => (isStarted(path) ? managed(path) : [])),
  };
}

/** What is turned on: timers, and services that come at boot. */
function isStarted(path: string): boolean {
  return path.endsWith('.timer') || basename(path).startsWith('cryptosync-mount-');
}

function planTables(
  user: User,
  owner: Owner,
  { before, put }: Change,
  gone: readonly JobKind[],
): Pick<SchedulePlan, 'writes' | 'removes'> {
  const own = put.filter(({ job }) => job.using === 'cron' && tableDirectory(job) !== undefined);
  const paths = new Set([
    ...own.map(({ job }) => tableOf(tableDirectory(job) ?? '', owner.layout.client)),
    ...cronTables(before, owner, user),
  ]);
  const writes: { path: string; text: string }[] = [];
  const removes: string[] = [];
  for (const path of paths) {
    const here = own.filter(({ job }) => tableOf(tableDirectory(job) ?? '', owner.layout.client) === path);
    const text = here.length > 0 ? readTable(path) : ownTable(path);
    if (text === undefined && here.length === 0) continue;
    const lines = here.map(({ job, when }) => renderLine(job, owner, when, 'root'));
    const edited = editLines(text ?? newTable, owner, { drop: gone, put: lines });
    if (here.length === 0 && edited === text) continue;
    if (isSpent(edited)) removes.push(path);
    else writes.push({ path, text: edited });
  }
  return { writes, removes };
}

/** A file of somebody else's has no lines of ours. */
function ownTable(path: string): string | undefined {
  try {
    return readTable(path);
  } catch {
    return undefined;
  }
}

async function planCrontab(
  { environment }: User,
  owner: Owner,
  { before, put }: Change,
  gone: readonly JobKind[],
): Promise<SchedulePlan['crontab']> {
  const isThere = (job: Job): boolean => job.using === 'cron' && tableDirectory(job) === undefined;
  const here = put.filter(({ job }) => isThere(job));
  if (here.length === 0 && !before.some((job) => isThere(job) && gone.includes(job.kind))) return undefined;
  const text = await readCrontab(environment);
  if (text === undefined) {
    if (here.length > 0) throw noCron();
    return undefined;
  }
  const lines = here.map(({ job, when }) => renderLine(job, owner, when, undefined));
  if (here.length === 0 && findLines(text, owner).every(({ marker }) => !gone.includes(marker.kind)))
    return undefined;
  return { before: text, after: editLines(text, owner, { drop: gone, put: lines }), adds: lines.length > 0 };
}
