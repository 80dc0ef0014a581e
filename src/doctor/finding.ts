/** What the doctor finds, as data: nothing here is printed, and a repair is a value that `repairs` carries out. */
import type { ProfileLayout } from '../clients/layout.ts';
import type { JobKind } from '../schedules/job.ts';
import type { Advice } from '../system/advice/index.ts';
import type { CryptosyncError } from '../system/errors.ts';

/** `info` is worth knowing, `warning` wants attention some day, `error` is damage or danger now. */
export type Severity = 'ok' | 'info' | 'warning' | 'error';

export interface Finding {
  /** The same word for the same kind of finding, for programs: `mount-stale`. */
  readonly id: string;
  readonly severity: Severity;
  /** Whom or what it is about: `client1/default`, `this machine`. */
  readonly subject: string;
  readonly what: string;
  /** Why it matters. */
  readonly why: string;
  /** What mends it; null where there is nothing to do. */
  readonly mend: Advice | null;
  /** Whether `--fix` mends it. */
  readonly fixable: boolean;
}

/** What `--fix` may do: nothing that could lose a file or part a profile from its vault. */
export type Repair =
  | { readonly kind: 'set-mode'; readonly path: string; readonly mode: number }
  /** The same for what no command relies on while others can get at it, its locks included. */
  | { readonly kind: 'close'; readonly path: string; readonly mode: number }
  | { readonly kind: 'make-immutable'; readonly directory: string }
  | { readonly kind: 'remove-link'; readonly path: string }
  | { readonly kind: 'write-link'; readonly path: string; readonly target: string }
  | { readonly kind: 'remove-leftover'; readonly path: string }
  | { readonly kind: 'unmount'; readonly layout: ProfileLayout }
  | { readonly kind: 'clear-workshop'; readonly layout: ProfileLayout }
  | { readonly kind: 'settle-vault'; readonly layout: ProfileLayout }
  | { readonly kind: 'write-scripts'; readonly layout: ProfileLayout }
  | { readonly kind: 'write-schedule'; readonly layout: ProfileLayout; readonly job: JobKind }
  | { readonly kind: 'write-summary'; readonly layout: ProfileLayout };

/** A finding and its repair. */
export interface Diagnosis extends Omit<Finding, 'fixable'> {
  readonly repair?: Repair;
}

/** Something that was looked at and is in order. */
export function inOrder(id: string, subject: string, what: string, why = ''): Diagnosis {
  return { id, severity: 'ok', subject, what, why, mend: null };
}

/** What mends a failure that was found by trying. */
export function mendOf({ code, advice }: CryptosyncError): Advice {
  return advice ?? { to: 'follow-code', code };
}

/** True for a file that can be read and is not believed: somebody else could have changed it, or a link stands there. */
export function isRefusedPath({ advice }: CryptosyncError): boolean {
  return advice !== undefined && ['own-path', 'close-path', 'look-at-link'].includes(advice.to);
}

export function toFinding({ repair, ...diagnosis }: Diagnosis): Finding {
  return { ...diagnosis, fixable: repair !== undefined };
}

export function amountOf(findings: readonly Finding[], severity: Severity): number {
  return findings.filter((finding) => finding.severity === severity).length;
}

/** `2 errors, 1 warning` */
export function describeFindings(findings: readonly Finding[]): string {
  const counted = (severity: Severity, noun: string): string => {
    const amount = amountOf(findings, severity);
    return `${amount} ${noun}${amount === 1 ? '' : 's'}`;
  };
  const notes = amountOf(findings, 'info') === 0 ? [] : [counted('info', 'note')];
  return [counted('error', 'error'), counted('warning', 'warning'), ...notes].join(', ');
}

/** The subject of what concerns no client. */
export const machine = 'this machine';
