/** Who should be told of runs and can't be: the log, and programs around them. */
import { accessSync, constants } from 'node:fs';
import { dirname } from 'node:path';
import type { HooksConfig } from '../../clients/watching/schema.ts';
import type { Advice } from '../../system/advice/index.ts';
import { errnoOf, toCryptosyncError } from '../../system/errors.ts';
import { verifyTrustedWords } from '../../system/process/own-program.ts';
import { type Diagnosis, machine } from '../finding.ts';

/** Whether the log can be written. A log that can't is one warning of every command, never a failure. */
export function checkLog(path: string | undefined): Diagnosis[] {
  if (path === undefined || isWritable(path)) return [];
  return [
    {
      id: 'log-not-writable',
      severity: 'warning',
      subject: machine,
      what: `the log ${path} can't be written`,
      why: 'Nobody can read later what ran and how it ended.',
      mend: { to: 'make-log-directory', directory: dirname(path) },
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

const names = ['before', 'after', 'onFailure', 'onRecovered'] as const;

/** @param subject whose hooks they are: a profile's, or this machine's */
export function checkHooks(subject: string, hooks: HooksConfig = {}): Diagnosis[] {
  return names.flatMap((name) => {
    const trouble = troubleWith(hooks[name] ?? []);
    if (trouble === undefined) return [];
    const isBefore = name === 'before';
    return [
      {
        id: 'hook-unusable',
        severity: isBefore ? ('error' as const) : ('warning' as const),
        subject,
        what: `the hook ${name} can't be run: ${trouble.what}`,
        why: isBefore ? 'Each run that it stands before fails.' : 'Nobody is told what it should tell.',
        mend: trouble.mend,
      },
    ];
  });
}

interface Trouble {
  readonly what: string;
  readonly mend: Advice;
}

function troubleWith(program: readonly string[]): Trouble | undefined {
  const [file] = program;
  if (file === undefined) return undefined;
  const mend: Advice = { to: 'check-path-and-permissions' };
  try {
    verifyTrustedWords(program);
    accessSync(file, constants.X_OK);
    return undefined;
  } catch (thrown) {
    const errno = errnoOf(thrown);
    if (errno !== undefined) return { what: `${file}: ${errno}`, mend };
    const { message, advice } = toCryptosyncError(thrown);
    return { what: message, mend: advice ?? mend };
  }
}
