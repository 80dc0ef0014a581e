/** What a schema found wrong, as a path and a reason each. */
import type * as v from 'valibot';

export interface SchemaIssue {
  /** The key, with dots: `remote.path`. */
  readonly path: string;
  readonly message: string;
}

export function issuesOf(issues: readonly v.BaseIssue<unknown>[]): SchemaIssue[] {
  return issues.map((issue) => ({
    path: (issue.path ?? []).map(({ key }) => String(key)).join('.') || '(the whole file)',
    message: messageOf(issue),
  }));
}

function messageOf(issue: v.BaseIssue<unknown>): string {
  if (issue.type === 'strict_object' && issue.expected === 'never') return 'there is no such key';
  if (issue.expected !== null && issue.received === 'undefined') return 'is missing';
  return shortened(issue.message);
}

/** Some messages repeat what was found, whatever that was. */
function shortened(text: string): string {
  const characters = [...text.slice(0, 2 * longest)];
  return characters.length <= longest ? text : `${characters.slice(0, longest).join('')}…`;
}

/** Characters of one message, or of a key. */
const longest = 120;
/** Issues that are told at once. */
const most = 10;

export function describeIssues(issues: readonly SchemaIssue[]): string {
  const told = issues.slice(0, most).map(({ path, message }) => `${shortened(path)}: ${message}`);
  const more = issues.length > most ? [`and ${issues.length - most} more`] : [];
  return [...told, ...more].join('; ');
}
