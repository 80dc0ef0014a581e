/** The flags by which jobs are described, and what they come to. */
import { resolve } from 'node:path';
import * as Flags from '@oclif/core/flags';
import type * as Interfaces from '@oclif/core/interfaces';
import type { ScheduleRequest } from '../operations/schedule/request.ts';
import { type Credential, credentialNames, type JobKind } from '../schedules/job.ts';
import { isUnitName } from '../schedules/systemd/words.ts';
import { CryptosyncError } from '../system/errors.ts';
import { durationOf } from './base-command.ts';

/** When each job comes. */
export const timeFlags = {
  sync: Flags.string({ description: 'sync at these times', helpGroup: 'JOB', helpValue: 'TIME' }),
  mount: Flags.string({
    description:
      "mount when the machine starts; needs the vault's password from a file, command or credential",
    helpGroup: 'JOB',
    helpValue: 'at-boot',
  }),
  verify: Flags.string({
    description: 'check the remote at these times',
    helpGroup: 'JOB',
    helpValue: 'TIME',
  }),
  drill: Flags.string({
    description: 'rehearse the return at these times',
    helpGroup: 'JOB',
    helpValue: 'TIME',
  }),
};

/** How jobs are run, by whatever runs them. */
export const wayFlags = {
  user: Flags.boolean({
    description: "the user's own systemd or crontab [default: for everybody but root]",
  }),
  dir: Flags.string({
    description: 'write the files into this directory instead, and turn nothing on: for another machine',
    helpValue: 'DIR',
  }),
  jitter: Flags.string({
    description: 'spread the jobs of many clients over so long a time; 0 for none',
    default: '30m',
    helpValue: 'DURATION',
  }),
  'on-failure': Flags.string({
    description: 'systemd starts this unit when a job fails; %n in it is the unit that failed',
    helpValue: 'UNIT',
  }),
  credential: Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    description:
      "a file that systemd gives to the jobs: the vault's password, or behind key: or salt: the crypt layer's",
    helpValue: '[NAME:]PATH',
  }),
  'encrypted-credential': Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    description: 'the same, encrypted by systemd-creds',
    helpValue: '[NAME:]PATH',
  }),
};

export type TimeFlags = Partial<Record<JobKind, string | undefined>>;
type WayFlags = Interfaces.InferredFlags<typeof wayFlags>;

export function timesOf(flags: TimeFlags): ScheduleRequest['times'] {
  const { sync, mount, verify, drill } = flags;
  return Object.fromEntries(
    Object.entries({ sync, mount, verify, drill }).filter(([, time]) => time !== undefined),
  );
}

/** @throws USAGE */
export function wayOf(
  flags: WayFlags,
  userId: number,
): Pick<ScheduleRequest, 'isUsers' | 'directory' | 'jitter' | 'onFailure' | 'credentials'> {
  const onFailure = flags['on-failure'];
  if (onFailure !== undefined && !isUnitName(onFailure)) {
    throw new CryptosyncError('USAGE', `${JSON.stringify(onFailure)} is no unit`, {
      advice: { to: 'write-unit' },
    });
  }
  return {
    isUsers: flags.user || userId !== 0,
    directory: flags.dir === undefined ? undefined : resolve(flags.dir),
    jitter: durationOf('--jitter', flags.jitter),
    onFailure,
    credentials: [
      ...(flags.credential ?? []).map((text) => credentialOf(text, false)),
      ...(flags['encrypted-credential'] ?? []).map((text) => credentialOf(text, true)),
    ],
  };
}

/** A log and settings that were chosen for this call are those of the jobs, too. */
export function chosenFiles(
  logFile: string | undefined,
  environment: NodeJS.ProcessEnv,
): Pick<ScheduleRequest, 'logFile' | 'settingsFile'> {
  const absolute = (path: string | undefined): string | undefined => (path ? resolve(path) : undefined);
  return {
    logFile: absolute(logFile ?? environment['CRYPTOSYNC_LOG']),
    settingsFile: absolute(environment['CRYPTOSYNC_CONFIG']),
  };
}

/** @throws USAGE */
function credentialOf(text: string, isEncrypted: boolean): Credential {
  const name = credentialNames.find((known) => text.startsWith(`${known}:`));
  const file = name === undefined ? text : text.slice(name.length + 1);
  if (file.startsWith('/')) return { name: name ?? 'password', file, isEncrypted };
  throw new CryptosyncError('USAGE', `${JSON.stringify(text)} names no file by its full path`, {
    advice: { to: 'write-credential' },
  });
}
