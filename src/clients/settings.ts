/** The global settings: what holds for all clients of a user, or of the machine for root. */
import { join } from 'node:path';
import * as v from 'valibot';
import { configHome } from '../system/environment.ts';
import { CryptosyncError } from '../system/errors.ts';
import { logKinds } from '../system/logs/choose.ts';
import { parseStoredJson } from '../system/paths/stored-json.ts';
import { readTrustedText } from '../system/paths/trust.ts';
import { isClientId } from './names.ts';
import { absolutePath } from './profile.ts';
import { describeIssues, issuesOf } from './schema-issues.ts';
import { hooksSchema, pingEntries } from './watching/schema.ts';

export const settingsSchema = v.strictObject({
  $schema: v.optional(v.string()),
  /** The directory of all clients. */
  root: v.optional(absolutePath),
  /** The client that commands are about when none is named. */
  client: v.optional(v.pipe(v.string(), v.check(isClientId, 'must be a client id'))),
  /** Where the log goes; `file` when left out. */
  log: v.optional(v.picklist(logKinds)),
  logFile: v.optional(absolutePath),
  /** Written anew after each run, for the textfile collector of Prometheus' node exporter. */
  metricsFile: v.optional(
    v.pipe(absolutePath, v.endsWith('.prom', 'must end with .prom, or the collector passes it over')),
  ),
  /** Programs that are run around the runs of all clients. */
  hooks: v.optional(hooksSchema),
  ...pingEntries,
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
  const base = configHome(environment);
  return base === undefined ? undefined : join(base, 'cryptosync', 'config.json');
}

/** @throws CONFIG_INVALID naming the file and each path in it. */
export function readSettings(file: string | undefined): Settings {
  const text = file === undefined ? undefined : readTrustedText(file);
  return file === undefined || text === undefined ? {} : parseSettings(text, file);
}

/** @throws CONFIG_INVALID naming the file and each path in it. */
export function parseSettings(text: string, file: string): Settings {
  let value: unknown;
  try {
    value = parseStoredJson(text);
  } catch (error) {
    throw new CryptosyncError('CONFIG_INVALID', `${file} is not valid JSON: ${(error as Error).message}`, {
      advice: { to: 'mend-or-remove-file' },
    });
  }
  // an array would pass as an object without keys
  const result = v.safeParse(settingsSchema, Array.isArray(value) ? undefined : value);
  if (result.success) return result.output;
  const issues = issuesOf(result.issues);
  throw new CryptosyncError('CONFIG_INVALID', `${file} is not valid: ${describeIssues(issues)}`, {
    advice: { to: 'mend-or-remove-settings' },
    details: { file, issues },
  });
}
