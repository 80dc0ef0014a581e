/** What the commands of `workload` share: where the workloads lie, and which one is meant. */
import { readFileSync } from 'node:fs';
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { type WorkloadPlace, workloadPlace } from '../operations/workloads/workloads.ts';
import { defaultWorkloadsDirectory } from '../sessions/workload/store.ts';
import { CryptosyncError, errnoOf } from '../system/errors.ts';
import { readStdin } from '../system/stdin.ts';
import { type CommonFlags, CryptosyncCommand } from './base-command.ts';

export const workloadsFlag = Flags.string({
  description: 'directory of the workloads [default: /etc/cryptosync/workloads, or the user’s configuration]',
  helpValue: 'DIR',
});

export const workloadArgument = Args.string({
  ignoreStdin: true,
  required: true,
  description: 'a workload',
});

export interface WorkloadFlags extends CommonFlags {
  readonly workloads?: string | undefined;
}

export abstract class WorkloadCommand extends CryptosyncCommand {
  /** @throws USAGE where nobody says it */
  protected directoryFor(flags: WorkloadFlags): string {
    const { environment, userId } = this.contextFor(flags);
    const directory = flags.workloads ?? defaultWorkloadsDirectory(environment, userId);
    if (directory !== undefined) return directory;
    throw new CryptosyncError('USAGE', 'where the workloads lie is not known', {
      advice: { to: 'give-workloads' },
    });
  }

  /** @throws USAGE */
  protected placeOf(flags: WorkloadFlags, id: string): WorkloadPlace {
    return workloadPlace(this.directoryFor(flags), id);
  }

  /** The text of a file, or of stdin for `-`. @throws CONFIG_INVALID when it can't be read */
  protected async textOf(path: string): Promise<string> {
    if (path === '-') return (await readStdin(this.signal)).toString('utf8');
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      throw new CryptosyncError('CONFIG_INVALID', `${path} can't be read: ${errnoOf(error)}`, {
        cause: error,
      });
    }
  }
}
