/** What the doctor shows: what is in order in a line each, then the findings, the worst last, where the eye rests. */
import type { DoctorResult } from '../operations/doctor/diagnose.ts';
import type { Finding, Severity } from '../operations/doctor/finding.ts';
import { CryptosyncError } from '../system/errors.ts';
import type { Reporter } from './base-command.ts';
import { count, paint, printable } from './style.ts';

const colours: Readonly<Record<Severity | 'fixed', Parameters<typeof paint>[0]>> = {
  ok: 'green',
  fixed: 'green',
  info: 'cyan',
  warning: 'yellow',
  error: ['red', 'bold'],
};
const order: readonly Severity[] = ['ok', 'info', 'warning', 'error'];

/**
 * Shows a result.
 * @param flags `strict` lets warnings count as errors for the exit code; `quiet` shows the errors alone, on stderr.
 * @returns the document, with `error` where the exit code is not 0.
 */
export function reportHealth(
  result: DoctorResult,
  { strict, quiet }: { readonly strict: boolean; readonly quiet: boolean },
  reporter: Reporter,
): object {
  for (const { subject, what, why } of result.passed) {
    reporter.say(line('ok', `${subject}: ${what}${why === '' ? '' : ` (${why})`}`));
  }
  for (const { subject, did } of result.fixed) reporter.say(line('fixed', `${subject}: ${did}`));
  const sorted = [...result.findings].sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
  for (const finding of sorted) {
    reporter.say('');
    for (const text of findingLines(finding)) reporter.say(text);
  }
  reporter.say(`${sorted.length === 0 ? '' : '\n'}${summaryOf(result)}`);
  if (quiet) for (const finding of sorted) tellError(finding, reporter);
  const error = errorOf(result.findings, strict);
  return reporter.finish({ ...result, ...(error === undefined ? {} : { error: error.toReport() }) }, error);
}

const indent = ' '.repeat(9);

function line(label: Severity | 'fixed', text: string): string {
  return `${paint(colours[label], label.padEnd(8), process.stdout)} ${printable(text)}`;
}

function findingLines({ severity, id, subject, what, why, mend, fixable }: Finding): string[] {
  return [
    line(severity, `${subject}: ${what} [${id}]`),
    `${indent}${printable(why)}`,
    ...(mend === null
      ? []
      : [
          `${indent}${paint('cyan', 'mend:', process.stdout)} ${printable(mend)}${fixable ? '   (--fix does it)' : ''}`,
        ]),
  ];
}

function tellError({ severity, subject, what, mend }: Finding, reporter: Reporter): void {
  if (severity === 'error')
    reporter.tell(new CryptosyncError('VERIFY_FAILED', what, { hint: mend ?? undefined }), subject);
}

function amount(findings: readonly Finding[], severity: Severity): number {
  return findings.filter((finding) => finding.severity === severity).length;
}

function summaryOf({ findings, fixed }: DoctorResult): string {
  const done = fixed.length === 0 ? '' : `${count(fixed.length, 'finding')} mended. `;
  if (findings.length === 0) return `${done}Everything is in order.`;
  const fixable = findings.filter((finding) => finding.fixable).length;
  const rest = fixable === 0 ? '' : ` --fix can mend ${fixable} of them.`;
  return `${done}${describe(findings)}.${rest}`;
}

function describe(findings: readonly Finding[]): string {
  const notes = amount(findings, 'info');
  return [
    count(amount(findings, 'error'), 'error'),
    count(amount(findings, 'warning'), 'warning'),
    ...(notes === 0 ? [] : [count(notes, 'note')]),
  ].join(', ');
}

function errorOf(findings: readonly Finding[], strict: boolean): CryptosyncError | undefined {
  const counted = amount(findings, 'error') + (strict ? amount(findings, 'warning') : 0);
  if (counted === 0) return undefined;
  return new CryptosyncError('VERIFY_FAILED', `the doctor found ${describe(findings)}`, {
    hint: 'Each finding says how to mend it.',
  });
}
