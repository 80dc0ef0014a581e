/** What a mapping carries: a file goes along when one of its patterns matches. */
import { includeExpression } from '../remotes/tuning.ts';
import { CryptosyncError } from '../system/errors.ts';
import { ancestorsOf } from '../system/names.ts';
import type { Entry } from './tree/entry.ts';
import { withOwnGroups } from './tree/groups.ts';

/** @returns what tells whether a path is carried; everything is when there are no patterns. @throws CONFIG_INVALID */
export function includes(patterns: readonly string[]): (path: string) => boolean {
  if (patterns.length === 0) return () => true;
  const expressions = patterns.map(expressionOf);
  return (path) => expressions.some((expression) => expression.test(path));
}

/** Of a tree only what patterns include, and the directories above it. */
export function onlyIncluded<One extends Pick<Entry, 'path' | 'kind' | 'group'>>(
  entries: readonly One[],
  patterns: readonly string[],
): readonly One[] {
  if (patterns.length === 0) return entries;
  const isIncluded = includes(patterns);
  const wanted = new Set(entries.filter(({ path, kind }) => kind !== 'directory' && isIncluded(path)));
  const above = new Set([...wanted].flatMap(({ path }) => ancestorsOf(path)));
  return withOwnGroups(
    entries.filter((entry) => wanted.has(entry) || entry.path === '' || above.has(entry.path)),
  );
}

function expressionOf(pattern: string): RegExp {
  const expression = includeExpression(pattern);
  if (expression !== undefined) return expression;
  throw new CryptosyncError(
    'CONFIG_INVALID',
    `${JSON.stringify(pattern)} is not a pattern that rclone knows`,
  );
}
