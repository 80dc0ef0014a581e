/** What is asked of a schedule. */
import type { ProfileLayout } from '../../clients/layout.ts';
import type { Program } from '../../clients/scripts.ts';
import type { Credential, HostSystem, JobKind } from '../../schedules/job.ts';

/** How its jobs are run. */
export interface ScheduleWay {
  /** Default: the one that runs on this machine. */
  readonly using: HostSystem | undefined;
  /** The user's own systemd or crontab. */
  readonly isUsers: boolean;
  /** Write the files there, and call neither systemctl nor crontab. */
  readonly directory: string | undefined;
  /** Milliseconds by which a job may come later. */
  readonly jitter: number;
  readonly onFailure: string | undefined;
  readonly credentials: readonly Credential[];
  readonly program: Program;
  /** A log and global settings that are not where the program looks by itself. */
  readonly logFile: string | undefined;
  readonly settingsFile: string | undefined;
}

export interface ScheduleRequest extends ScheduleWay {
  readonly layout: ProfileLayout;
  /** By job an expression, and `at-boot` for a mount. */
  readonly times: Readonly<Partial<Record<JobKind, string>>>;
  /** Milliseconds. */
  readonly wait: number;
}

export interface UnscheduleRequest {
  readonly layout: ProfileLayout;
  /** All of them where none is named. */
  readonly jobs: readonly JobKind[];
  readonly wait: number;
}
