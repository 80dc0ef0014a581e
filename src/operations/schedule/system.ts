/** Which system runs the jobs, and whether it can do what is asked of it. */
import { systemTables } from '../../schedules/cron/tables.ts';
import type { HostSystem } from '../../schedules/job.ts';
import { isRunning, versionOf } from '../../schedules/systemd/systemctl.ts';
import { findExecutable } from '../../system/dependencies.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { isDirectory } from '../../system/files.ts';
import type { Context } from '../context.ts';
import type { ScheduleWay } from './request.ts';

/** @throws USAGE where nothing is there, or what is asked for is another system's */
export async function systemFor(context: Context, way: ScheduleWay): Promise<HostSystem> {
  const using = way.using ?? (await runningSystem(context, way.isUsers));
  if (using === 'cron') verifyCronCan(way);
  return using;
}

/** Whether what turns the jobs on is there. @throws TOOL_MISSING */
export function verifyTurnsOn({ environment }: Context, using: HostSystem, way: ScheduleWay): void {
  const tool = using === 'cron' ? 'crontab' : 'systemctl';
  const isCalled = way.directory === undefined && (using === 'systemd' || way.isUsers);
  if (!isCalled || findExecutable(tool, environment) !== undefined) return;
  throw new CryptosyncError('TOOL_MISSING', `not found on PATH: ${tool}`, {
    advice: { to: 'name-schedule-system' },
  });
}

/** The first systemd in which a user's own can read the key of this machine's credentials. */
const usersCredentials = 256;

/** Whether the units could open their credentials. @throws USAGE */
export async function verifyOpens({ environment }: Context, way: ScheduleWay): Promise<void> {
  const { isUsers, directory, credentials } = way;
  if (!isUsers || directory !== undefined || !credentials.some(({ isEncrypted }) => isEncrypted)) return;
  const version = await versionOf({ environment, isUsers });
  if (version === undefined || version >= usersCredentials) return;
  throw new CryptosyncError(
    'USAGE',
    `a user's own systemd opens encrypted credentials from version ${usersCredentials} on, and this is ${version}`,
    { advice: { to: 'give-plain-credential' } },
  );
}

async function runningSystem({ environment, userId }: Context, isUsers: boolean): Promise<HostSystem> {
  if (await isRunning({ environment, isUsers })) return 'systemd';
  const hasCron = findExecutable('crontab', environment) !== undefined;
  if (hasCron || (userId === 0 && !isUsers && isDirectory(systemTables))) return 'cron';
  throw new CryptosyncError('USAGE', 'neither systemd nor cron runs here', {
    advice: { to: 'name-schedule-system' },
  });
}

/** @throws USAGE */
function verifyCronCan({ onFailure, credentials }: ScheduleWay): void {
  const what =
    onFailure !== undefined
      ? 'starts no unit on a failure'
      : credentials.length > 0
        ? 'has no credentials'
        : undefined;
  if (what === undefined) return;
  throw new CryptosyncError('USAGE', `cron ${what}`, { advice: { to: 'schedule-with-systemd' } });
}
