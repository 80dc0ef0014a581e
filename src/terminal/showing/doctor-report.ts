/** What the doctor shows: what is in order in a line each, then the findings, the worst last, where the eye rests. */

import { describeFindings, type Finding, type Severity } from '../../doctor/finding.ts';
import type { DoctorResult } from '../../operations/doctor/diagnose.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { wordsOf } from '../advice/index.ts';
import type { Reporter } from '../base-command.ts';
import { count, onLines, paint, printable } from './style.ts';

const colours: Readonly<Record<Severity | 'fixed', Parameters<typeof paint>[0]>> = {
  ok: 'green',
  fixed: 'green',
  info: 'cyan',
  warning: 'yellow',
  error: ['red', 'bold'],
};
const order: readonly Severity[] = ['ok', 'info', 'warning', 'error'];

/** @param quiet shows the errors alone, on stderr. */
export function showHealth(result: DoctorResult, quiet: boolean, reporter: Reporter): void {
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
}

/** The result as `--json` prints it: what mends is said in words. */
export function wordedHealth({ findings, ...result }: DoctorResult) {
  return {
    findings: findings.map((finding) => ({ ...finding, mend: wordsOrNull(finding.mend) })),
    ...result,
  };
}

const indent = ' '.repeat(9);

function line(label: Severity | 'fixed', text: string): string {
  const shown = onLines(printable(text), process.stdout, indent.length);
  return `${paint(colours[label], label.padEnd(8), process.stdout)} ${shown}`;
}

function findingLines({ severity, id, subject, what, why, mend: advice, fixable }: Finding): string[] {
  const mend = wordsOrNull(advice);
  return [
    line(severity, `${subject}: ${what} [${id}]`),
    `${indent}${onLines(printable(why), process.stdout, indent.length)}`,
    ...(mend === null
      ? []
      : [
          `${indent}${paint('cyan', 'mend:', process.stdout)} ${onLines(`${printable(mend)}${fixable ? '   (--fix does it)' : ''}`, process.stdout, indent.length + 6)}`,
        ]),
  ];
}

function wordsOrNull(mend: Finding['mend']): string | null {
  return mend === null ? null : (wordsOf(mend) ?? null);
}

function tellError({ severity, subject, what, mend }: Finding, reporter: Reporter): void {
  if (severity === 'error')
    reporter.tell(new CryptosyncError('VERIFY_FAILED', what, { advice: mend ?? undefined }), subject);
}

function summaryOf({ findings, fixed }: DoctorResult): string {
  const done = fixed.length === 0 ? '' : `${count(fixed.length, 'finding')} mended. `;
  if (findings.length === 0) return `${done}Everything is in order.`;
  const fixable = findings.filter((finding) => finding.fixable).length;
  const rest = fixable === 0 ? '' : ` --fix can mend ${fixable} of them.`;
  return `${done}${describeFindings(findings)}.${rest}`;
}
