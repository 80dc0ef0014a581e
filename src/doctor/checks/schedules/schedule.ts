/** What is on a profile's schedule, against what stands on this machine, what systemd says of it, and the ledger. */
import { olderVersion, type Program } from '../../../clients/scripts.ts';
import { lastBegun } from '../../../runs/last-run.ts';
import { atBoot, type Job, type JobKind } from '../../../schedules/job.ts';
import { lookAt, type Standing } from '../../../schedules/look.ts';
import { readSchedule } from '../../../schedules/record.ts';
import { activeState, enabledState, isRunning } from '../../../schedules/systemd/systemctl.ts';
import { unitNames } from '../../../schedules/systemd/units.ts';
import { nextRuns, readWhen } from '../../../schedules/when/when.ts';
import type { Advice } from '../../../system/advice/index.ts';
import { toIsoSeconds } from '../../../system/clock.ts';
import { toCryptosyncError } from '../../../system/errors.ts';
import { kindOf } from '../../../system/files.ts';
import type { Examination, ProfileCase } from '../../examination.ts';
import { type Diagnosis, inOrder, mendOf, type Repair } from '../../finding.ts';

export async function checkSchedule(examination: Examination, one: ProfileCase): Promise<Diagnosis[]> {
  try {
    const found: Diagnosis[] = [];
    for (const job of readSchedule(one)) found.push(...(await checkJob(examination, one, job)));
    return found;
  } catch (thrown) {
    const error = toCryptosyncError(thrown);
    const why = 'Whether its jobs run could not be told.';
    return [
      {
        id: 'schedule-invalid',
        severity: 'error',
        subject: one.name,
        what: error.message,
        why,
        mend: mendOf(error),
      },
    ];
  }
}

async function checkJob(examination: Examination, one: ProfileCase, job: Job): Promise<Diagnosis[]> {
  const { context } = examination;
  const standing = await lookAt(context, job, { root: context.root, layout: one.layout });
  const wrong = checkStanding(examination, one, job, standing);
  const isWritten = standing.every(({ state }) => state === 'written' || state === 'changed');
  const found = [
    ...wrong,
    ...(isWritten ? await checkTurnedOn(examination, one, job, wrong.length === 0) : []),
    ...(await checkOverdue(examination, one, job)),
  ];
  const times = `${job.kind} ${job.when} by ${job.using}`;
  return found.length > 0 ? found : [inOrder('schedule', one.name, `on its schedule: ${times}`)];
}

function repairOf({ layout }: ProfileCase, { kind }: Job): Repair {
  return { kind: 'write-schedule', layout, job: kind };
}

function checkStanding(
  { program }: Examination,
  one: ProfileCase,
  job: Job,
  standing: readonly Standing[],
): Diagnosis[] {
  const { node, script } = job.call.program;
  const gone = [node, script].filter((path) => kindOf(path) === 'none');
  const isChanged = standing.some(({ state }) => state === 'changed');
  return [
    ...standing.flatMap((place) => {
      const found = toldOf(place, one, job);
      return found === undefined ? [] : [found];
    }),
    ...gone.map((path): Diagnosis => {
      const found = {
        id: 'schedule-program-gone',
        severity: 'error' as const,
        subject: one.name,
        what: `its ${job.kind} is to call ${path}, which is gone`,
        why: `The ${job.kind} fails each time that it is started.`,
        mend: again,
      };
      return isChanged ? found : { ...found, repair: repairOf(one, job) };
    }),
    ...(gone.length > 0 ? [] : checkVersion(program, one, job, isChanged)),
  ];
}

/** @param isChanged when its files are not as they were written: they are left as they are then */
function checkVersion(own: Program, one: ProfileCase, job: Job, isChanged: boolean): Diagnosis[] {
  const older = olderVersion(job.call.program, own);
  if (older === undefined) return [];
  const found: Diagnosis = {
    id: 'schedule-older-version',
    severity: 'warning',
    subject: one.name,
    what: `its ${job.kind} calls ${older}`,
    why: 'It may not understand what this one has written to a place, and write over it.',
    mend: again,
  };
  return [isChanged ? found : { ...found, repair: repairOf(one, job) }];
}

function toldOf({ path, state }: Standing, one: ProfileCase, job: Job): Diagnosis | undefined {
  const { kind } = job;
  const where = path === 'crontab' ? "this user's crontab" : path;
  const base = { subject: one.name, mend: again };
  switch (state) {
    case 'written':
      return undefined;
    case 'missing':
      return {
        ...base,
        id: 'schedule-missing',
        severity: 'error',
        what: `its ${kind} is on the schedule, and ${where} does not have it`,
        why: `Nothing starts the ${kind} any more.`,
        repair: repairOf(one, job),
      };
    case 'changed':
      return {
        ...base,
        id: 'schedule-changed',
        severity: 'warning',
        what: `${where} was changed by hand`,
        why: 'What was written there is not what runs. Whoever writes it anew takes the change away.',
      };
    case 'taken':
      return {
        ...base,
        id: 'schedule-taken',
        severity: 'error',
        what: `${where} is not what its schedule wrote there`,
        why: `Nothing starts the ${kind}, and something else may be started instead.`,
        mend: { to: 'move-schedule-file-away', path },
      };
  }
}

const again: Advice = { to: 'schedule-again' };

/** A unit that systemd does not start by itself. @param isOurs false when its files are not as they were written */
async function checkTurnedOn(
  { context }: Examination,
  one: ProfileCase,
  job: Job,
  isOurs: boolean,
): Promise<Diagnosis[]> {
  if (job.using !== 'systemd' || job.directory !== undefined) return [];
  const { environment } = context;
  const manager = { environment, isUsers: job.isUsers };
  const { service, timer } = unitNames(job.kind, one);
  const unit = timer ?? service;
  const enabled = await enabledState(manager, unit);
  if (enabled === undefined) return [];
  const isActive =
    timer === undefined || (await activeState(manager, unit)) === 'active' || !(await isRunning(manager));
  const what =
    enabled !== 'enabled'
      ? `${unit} is ${enabled || 'not known to systemd'}`
      : isActive
        ? undefined
        : `${unit} is not active`;
  if (what === undefined) return [];
  const found: Diagnosis = {
    id: 'schedule-off',
    severity: 'warning',
    subject: one.name,
    what,
    why: `Its ${job.kind} does not come by itself.`,
    mend: { to: 'turn-unit-on', unit, isUsers: job.isUsers },
  };
  return [isOurs ? { ...found, repair: repairOf(one, job) } : found];
}

/** Milliseconds by which a run may be late besides its jitter: a machine that was off begins with many at once. */
const patience = 3_600_000;

const operations: Readonly<Record<Exclude<JobKind, 'mount'>, string>> = {
  sync: 'sync',
  verify: 'verify',
  drill: 'verify',
};

async function checkOverdue({ context }: Examination, one: ProfileCase, job: Job): Promise<Diagnosis[]> {
  const { kind, when } = job;
  if (kind === 'mount' || when === atBoot) return [];
  const begun = lastBegun(
    one.layout.ledger,
    ({ operation, how }) => operation === operations[kind] && (kind !== 'drill' || how === 'drill'),
  );
  // what was put on the schedule later did not have to run before
  const last = begun !== undefined && begun > job.since ? begun : job.since;
  const [due] = await nextRuns(readWhen(when), {
    environment: context.environment,
    from: new Date(last),
    amount: 1,
  });
  if (due === undefined || due.getTime() + job.jitter + patience > context.clock.now().getTime()) return [];
  const { service } = unitNames(kind, one);
  return [
    {
      id: 'schedule-overdue',
      severity: 'warning',
      subject: one.name,
      what: `its ${kind} was due at ${toIsoSeconds(due)}, and has not run since ${begun ?? 'it was put on the schedule'}`,
      why: 'Whatever should start it does not, or this machine was off.',
      mend:
        job.using === 'systemd'
          ? { to: 'look-at-unit', unit: service, isUsers: job.isUsers }
          : { to: 'look-at-cron' },
    },
  ];
}
