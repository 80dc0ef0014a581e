/** A job in a crontab: our marker, and one line below it. What else stands in the file is not ours and stays. */
import { shellWord } from '../../system/process/shell-word.ts';
import { commandOf, environmentOf, type Job, type JobKind, type Owner } from '../job.ts';
import { isOf, type Marker, marked, parseMarker } from '../marker.ts';
import { shift } from '../when/jitter.ts';
import type { When } from '../when/when.ts';

/** A line of the job, as it is found in a crontab. */
export interface FoundLine {
  readonly marker: Marker;
  /** Index of the marker's line. */
  readonly at: number;
  /** What stands below it, with its line feed. */
  readonly body: string;
}

/**
 * Marker and line.
 * @param when undefined for a mount. @param user whom a line of /etc/cron.d is run as; a user's crontab has no such field
 */
export function renderLine(job: Job, owner: Owner, when: When | undefined, user: string | undefined): string {
  const time =
    when?.cron === undefined ? '@reboot' : shift(when.cron, jitterName(job.kind, owner), job.jitter).cron;
  // a line of its own for PATH would be that of the operator's lines below it as well
  const settings = environmentOf(job.call).map(([name, value]) => `${name}=${shellWord(value)}`);
  const command = [...settings, ...commandOf(job.kind, owner, job.call).map(shellWord)].join(' ');
  const fields = [time, ...(user === undefined ? [] : [user]), escaped(command)];
  return marked(job.kind, owner, `${fields.join(' ')}\n`);
}

/** Whose delay it is. */
export function jitterName(kind: JobKind, { layout }: Pick<Owner, 'layout'>): string {
  return `${layout.client}/${layout.profile} ${kind}`;
}

/** cron ends a command at a `%` and gives it the rest as input (crontab(5)). */
function escaped(command: string): string {
  return command.replaceAll('%', String.raw`\%`);
}

/** The lines of a profile in a crontab. */
export function findLines(text: string, owner: Pick<Owner, 'root' | 'layout'>): FoundLine[] {
  const lines = text.split('\n');
  return lines.flatMap((line, at) => {
    const marker = parseMarker(line);
    return isOf(marker, owner) ? [{ marker, at, body: `${lines[at + 1] ?? ''}\n` }] : [];
  });
}

/** Takes jobs of a profile out, and puts others in: at the end, where every setting of the operator's counts for them. */
export function editLines(
  text: string,
  owner: Pick<Owner, 'root' | 'layout'>,
  change: { readonly drop: readonly JobKind[]; readonly put: readonly string[] },
): string {
  const gone = new Set(
    findLines(text, owner)
      .filter(({ marker }) => change.drop.includes(marker.kind))
      .flatMap(({ at }) => [at, at + 1]),
  );
  const kept = text.split('\n').filter((_, index) => !gone.has(index));
  while (kept.at(-1) === '') kept.pop();
  const before = kept.length === 0 ? '' : `${kept.join('\n')}\n`;
  return before + change.put.join('');
}
