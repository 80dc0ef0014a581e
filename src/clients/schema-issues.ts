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
  return issue.message;
}

export function describeIssues(issues: readonly SchemaIssue[]): string {
  return issues.map(({ path, message }) => `${path}: ${message}`).join('; ');
}
