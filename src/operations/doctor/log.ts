/** Whether the log can be written. A log that can't is one warning of every command, never a failure. */
import { accessSync, constants } from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf } from '../../system/errors.ts';
import { type Diagnosis, machine, quoted } from './finding.ts';

export function checkLog(path: string | undefined): Diagnosis[] {
  if (path === undefined || isWritable(path)) return [];
  return [
    {
      id: 'log-not-writable',
      severity: 'warning',
      subject: machine,
      what: `the log ${path} can't be written`,
      why: 'Nobody can read later what ran and how it ended.',
      mend: `mkdir -p ${quoted(dirname(path))}, or choose another: --log-file`,
    },
  ];
}

/** Missing directories are made when the log is written. */
function isWritable(path: string, mode = constants.W_OK): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch (error) {
    const parent = dirname(path);
    return (
      errnoOf(error) === 'ENOENT' && parent !== path && isWritable(parent, constants.W_OK | constants.X_OK)
    );
  }
}
