/**
 * What to type next, said in one place for the command line. The folders below throw facts: a code, a message that says
 * what happened to whom, and an advice as data (`{ to: 'set-up-client', client }`, declared in system/advice). This
 * folder turns them into words:
 * - a new advice gets a key and its facts in the topic's file in system/advice, and its text in the file of the same
 *   name here; the type `AdviceTexts` makes a key without a text an error of the compiler.
 * - a failure without an advice of its own gets what holds for its code (by-code), complete by type as well.
 * - everything that shows an error or a finding asks here: `adviceFor` for people, `reportOf` for `--json`.
 * - only texts that are advice name a flag or a command; test/unit/house/advice.test.ts reads the folders below.
 * HTTP will have a table of its own over the same keys.
 */
import type { Advice, AdviceFacts, AdviceTexts } from '../../system/advice/index.ts';
import type { ErrorCode } from '../../system/error-codes.ts';
import { adviceByCode } from './by-code.ts';
import { configurationAdvice } from './configuration.ts';
import { doctorAdvice } from './doctor.ts';
import { installAdvice } from './install.ts';
import { machineAdvice } from './machine.ts';
import { movingAdvice } from './moving.ts';
import { pathsAdvice } from './paths.ts';
import { remoteAdvice } from './remote.ts';
import { secretsAdvice } from './secrets.ts';
import { syncAdvice } from './sync.ts';
import { usageAdvice } from './usage.ts';
import { vaultAdvice } from './vault.ts';

const texts: AdviceTexts<AdviceFacts> = {
  ...configurationAdvice,
  ...doctorAdvice,
  ...installAdvice,
  ...machineAdvice,
  ...movingAdvice,
  ...pathsAdvice,
  ...remoteAdvice,
  ...secretsAdvice,
  ...syncAdvice,
  ...usageAdvice,
  ...vaultAdvice,
  'follow-code': ({ code }) => adviceByCode[code] ?? undefined,
};

/** An error, or its report: what tells of a failure. */
interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly advice?: Advice | undefined;
  readonly exit: number;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
}

/** What `--json` prints of an error. */
export interface CommandReport {
  code: ErrorCode;
  message: string;
  hint?: string;
  exit: number;
  details?: Readonly<Record<string, unknown>>;
}

/** The next step in words; undefined where there is none to tell. */
export function adviceFor({ code, advice }: Pick<Failure, 'code' | 'advice'>): string | undefined {
  return wordsOf(advice ?? { to: 'follow-code', code });
}

/** An advice in words. */
export function wordsOf(advice: Advice): string | undefined {
  const text = texts[advice.to] as string | ((facts: Advice) => string | undefined);
  return typeof text === 'string' ? text : text(advice);
}

/** An error, or what an operation reports of one, as `--json` prints it. */
export function reportOf(failure: Failure): CommandReport {
  const { code, message, exit, details } = failure;
  const hint = adviceFor(failure);
  return {
    code,
    message,
    ...(hint === undefined ? {} : { hint }),
    exit,
    ...(details === undefined ? {} : { details }),
  };
}
