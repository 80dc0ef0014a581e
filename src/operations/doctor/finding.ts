/** What the doctor finds, as data: nothing here is printed, and a repair is a value that `repairs` carries out. */
import type { ProfileLayout } from '../../clients/layout.ts';

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
  /** The command or the step that mends it; null where there is nothing to do. */
  readonly mend: string | null;
  /** Whether `--fix` mends it. */
  readonly fixable: boolean;
}

/** What `--fix` may do: nothing that could lose a file or part a profile from its vault. */
export type Repair =
  | { readonly kind: 'set-mode'; readonly path: string; readonly mode: number }
  | { readonly kind: 'make-immutable'; readonly directory: string }
  | { readonly kind: 'remove-link'; readonly path: string }
  | { readonly kind: 'write-link'; readonly path: string; readonly target: string }
  | { readonly kind: 'remove-leftover'; readonly path: string }
  | { readonly kind: 'unmount'; readonly layout: ProfileLayout }
  | { readonly kind: 'clear-workshop'; readonly layout: ProfileLayout }
  | { readonly kind: 'write-scripts'; readonly layout: ProfileLayout }
  | { readonly kind: 'write-summary'; readonly layout: ProfileLayout };

/** A finding and its repair. */
export interface Diagnosis extends Omit<Finding, 'fixable'> {
  readonly repair?: Repair;
}

/** Something that was looked at and is in order. */
export function inOrder(id: string, subject: string, what: string, why = ''): Diagnosis {
  return { id, severity: 'ok', subject, what, why, mend: null };
}

export function toFinding({ repair, ...diagnosis }: Diagnosis): Finding {
  return { ...diagnosis, fixable: repair !== undefined };
}

/** The subject of what concerns no client. */
export const machine = 'this machine';

/** A path as a word of a shell command. */
export function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;
}
