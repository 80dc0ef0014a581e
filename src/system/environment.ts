/**
 * What children inherit. Engines get next to nothing; rclone gets what its backends read (proxies, cloud
 * credentials) but no `RCLONE_*`, which would change what it does (hazards.md R14). Nobody gets our secrets, or what
 * systemd has told this process alone (R45).
 */

import { join } from 'node:path';

export const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const minimalNames = new Set(['HOME', 'LANG', 'LC_ALL', 'TMPDIR', 'TZ', 'USER', 'LOGNAME']);

/** Where a user's own configuration lies, by the XDG Base Directory Specification; undefined for a user without a HOME. */
export function configHome({ XDG_CONFIG_HOME, HOME }: NodeJS.ProcessEnv): string | undefined {
  return XDG_CONFIG_HOME || (HOME ? join(HOME, '.config') : undefined);
}

/** Our variables that hold a secret. Nothing else lists them. */
export const secretVariables = [
  'CRYPTOSYNC_PASSWORD',
  'CRYPTOSYNC_NEW_PASSWORD',
  'CRYPTOSYNC_ENCRYPTION_KEY',
  'CRYPTOSYNC_ENCRYPTION_SALT',
  'CRYPTOSYNC_NEW_ENCRYPTION_KEY',
  'CRYPTOSYNC_NEW_ENCRYPTION_SALT',
  'CRYPTOSYNC_PASSPHRASE',
] as const;
export type SecretVariable = (typeof secretVariables)[number];

/** rclone's own, which opens an encrypted rclone.conf. */
export const rclonePassVariable = 'RCLONE_CONFIG_PASS';

function isSecretVariable(name: string): boolean {
  return secretVariables.some((variable) => variable === name);
}

/** sd_notify(3), sd_listen_fds(3), sd_watchdog_enabled(3). */
const toldByServiceManager = /^(?:NOTIFY_SOCKET|MAINPID|LISTEN_(?:PID|FDS|FDNAMES)|WATCHDOG_(?:PID|USEC))$/;

/** PATH and locale, for engines and small system tools. */
export function minimalEnvironment(environment: NodeJS.ProcessEnv): Record<string, string> {
  return pick(environment, (name) => minimalNames.has(name));
}

/** Everything but `RCLONE_*` (save `RCLONE_CONFIG_PASS`, which opens an encrypted rclone.conf) and `CRYPTOSYNC_*`. */
export function rcloneEnvironment(environment: NodeJS.ProcessEnv): Record<string, string> {
  return pick(
    environment,
    (name) => name === rclonePassVariable || (!/^RCLONE_/i.test(name) && !name.startsWith('CRYPTOSYNC_')),
  );
}

/** The operator's own environment without our secrets, for an editor or a password command. */
export function operatorEnvironment(environment: NodeJS.ProcessEnv): Record<string, string> {
  return pick(environment, (name) => !isSecretVariable(name));
}

function pick(environment: NodeJS.ProcessEnv, wanted: (name: string) => boolean): Record<string, string> {
  const picked: Record<string, string> = { PATH: environment['PATH'] ?? defaultPath };
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined || name === 'PATH' || toldByServiceManager.test(name)) continue;
    if (wanted(name)) picked[name] = value;
  }
  return picked;
}
