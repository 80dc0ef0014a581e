/** The log as an observer: a line when a run begins, and one for how it ended. */
import type { Log } from '../../system/log.ts';
import { knownOf } from '../known-of.ts';
import type { RunObserver } from '../observer.ts';

export function logObserver(log: Log): RunObserver {
  return {
    began(run) {
      const { subject, operation, intent } = run;
      const what = intent === undefined ? '' : `: ${intent}`;
      log.write('INFO', `${subject}: ${operation} begins${what}`, undefined, knownOf(run));
    },
    ended(run, end) {
      const { subject, operation } = run;
      const { outcome, did, error, result } = end;
      const why = error === undefined ? '' : `: ${error.code} ${error.message}`;
      const what = did === undefined ? '' : `: ${did}`;
      const level = error === undefined ? 'INFO' : result === 'skipped' ? 'WARN' : 'ERROR';
      log.write(level, `${subject}: ${operation} ended: ${outcome}${what}${why}`, error, knownOf(run, end));
    },
  };
}
