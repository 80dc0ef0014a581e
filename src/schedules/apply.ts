/** Carrying a plan out. A job is remembered before it is written, and forgotten after it is gone. */
import { dirname } from 'node:path';
import type { Warn } from '../system/advice/index.ts';
import { CryptosyncError, toCryptosyncError } from '../system/errors.ts';
import { ensureDirectory, writeFileAtomic } from '../system/files.ts';
import { removeFile } from '../system/paths/removal.ts';
import { verifyTrusted } from '../system/paths/trust.ts';
import { readCrontab, writeCrontab } from './cron/tables.ts';
import type { Job, Owner } from './job.ts';
import type { User } from './places.ts';
import type { SchedulePlan } from './plan.ts';
import { writeSchedule } from './record.ts';
import { isRunning, systemctl } from './systemd/systemctl.ts';

/** What systemd and cron read of a schedule is no secret. */
const mode = 0o644;

export interface Applying extends User {
  readonly warn: Warn;
}

/**
 * The caller holds the lock of the client's configuration.
 * @param before what was on the schedule so far
 * @throws CONFIG_INVALID when systemd or cron refuses; PLAN_CHANGED when the user's crontab has been edited meanwhile
 */
export async function applyPlan(
  applying: Applying,
  owner: Owner,
  plan: SchedulePlan,
  before: readonly Job[],
): Promise<void> {
  const { environment } = applying;
  const directories = new Set(plan.writes.map(({ path }) => dirname(path)));
  for (const directory of directories) {
    ensureDirectory(directory, 0o755);
    // what others can write there, root would run
    verifyTrusted(directory);
  }
  const kept = before.filter(({ kind }) => !plan.jobs.some((job) => job.kind === kind));
  if (plan.jobs.length > 0) writeSchedule(owner, [...plan.jobs, ...kept]);
  await turnOff(applying, plan);
  for (const path of plan.removes) removeFile(path);
  for (const { path, text } of plan.writes) writeFileAtomic(path, text, mode);
  if (plan.crontab !== undefined) {
    if ((await readCrontab(environment)) !== plan.crontab.before) {
      throw new CryptosyncError('PLAN_CHANGED', "this user's crontab has been edited meanwhile");
    }
    await writeCrontab(environment, plan.crontab.after);
  }
  await turnOn(applying, plan);
  writeSchedule(owner, plan.jobs);
}

/** What can't be turned off is gone with its file all the same. */
async function turnOff({ environment, warn }: Applying, { turnsOff }: SchedulePlan): Promise<void> {
  for (const { name, isUsers } of turnsOff) {
    const manager = { environment, isUsers };
    try {
      // a mount stays: whoever takes it off a schedule may be at work in it
      const isStopped = name.endsWith('.timer') && (await isRunning(manager));
      await systemctl(manager, 'disable', ...(isStopped ? ['--now'] : []), name);
    } catch (thrown) {
      const { code, message } = toCryptosyncError(thrown);
      if (code === 'TOOL_MISSING') continue;
      warn(message);
    }
  }
}

async function turnOn({ environment, warn }: Applying, { turnsOn, turnsOff }: SchedulePlan): Promise<void> {
  for (const isUsers of [false, true]) {
    const own = turnsOn.filter((unit) => unit.isUsers === isUsers).map(({ name }) => name);
    const manager = { environment, isUsers };
    const isTouched = own.length > 0 || turnsOff.some((unit) => unit.isUsers === isUsers);
    const runs = isTouched && (await isRunning(manager));
    if (runs) await systemctl(manager, 'daemon-reload');
    if (own.length === 0) continue;
    await systemctl(manager, 'enable', ...own);
    const timers = own.filter((name) => name.endsWith('.timer'));
    // a timer that runs goes by its former times until then
    if (runs && timers.length > 0) await systemctl(manager, 'restart', ...timers);
    if (!runs)
      warn(
        `systemd does not run here${isUsers ? ' for this user' : ''}: ${own.join(', ')} will be on when it does`,
      );
  }
}
