/** The global settings: what holds for all clients of a user, or of the machine for root. */
import { join } from 'node:path';
import * as v from 'valibot';
import { CryptosyncError } from '../system/errors.ts';
import { readTextIfPresent } from '../system/files.ts';
import { describeIssues, issuesOf } from './schema-issues.ts';

const absolutePath = v.pipe(v.string(), v.startsWith('/', 'must be an absolute path'));

export const settingsSchema = v.strictObject({
  $schema: v.optional(v.string()),
  /** The directory of all clients. */
  root: v.optional(absolutePath),
  /** The client that commands are about when none is named. */
  client: v.optional(v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'must be a client id'))),
  logFile: v.optional(absolutePath),
});

export type Settings = v.InferOutput<typeof settingsSchema>;

/**
 * Where the settings lie: `CRYPTOSYNC_CONFIG`, else `/etc/cryptosync/config.json` for root and the user's XDG
 * configuration directory for everyone else; undefined for a user without a HOME.
 */
export function settingsFile(environment: NodeJS.ProcessEnv, userId: number): string | undefined {
  const chosen = environment['CRYPTOSYNC_CONFIG'];
  if (chosen !== undefined && chosen !== '') return chosen;
  if (userId === 0) return '/etc/cryptosync/config.json';
  const base =
    environment['XDG_CONFIG_HOME'] ||
    (environment['HOME'] ? join(environment['HOME'], '.config') : undefined);
  return base === undefined ? undefined : join(base, 'cryptosync', 'config.json');
}

/** @throws CONFIG_INVALID naming the file and each path in it. */
export function readSettings(file: string | undefined): Settings {
  const text = file === undefined ? undefined : readTextIfPresent(file);
  return file === undefined || text === undefined ? {} : parseSettings(text, file);
}

/** @throws CONFIG_INVALID naming the file and each path in it. */
export function parseSettings(text: string, file: string): Settings {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new CryptosyncError('CONFIG_INVALID', `${file} is not valid JSON: ${(error as Error).message}`, {
      hint: 'Mend it in an editor, or remove it.',
    });
  }
  // an array would pass as an object without keys
  const result = v.safeParse(settingsSchema, Array.isArray(value) ? undefined : value);
  if (result.success) return result.output;
  const issues = issuesOf(result.issues);
  throw new CryptosyncError('CONFIG_INVALID', `${file} is not valid: ${describeIssues(issues)}`, {
    hint: 'Mend it in an editor, or remove it: every command reads it first.',
    details: { file, issues },
  });
}
