/**
 * What children inherit. Engines get next to nothing; rclone gets what its backends read (proxies, cloud
 * credentials) but no `RCLONE_*`, which would change what it does (TOOLS.md R14). Nobody gets `CRYPTOSYNC_*`: a
 * password stands there.
 */

export const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const minimalNames = new Set(['HOME', 'LANG', 'LC_ALL', 'TMPDIR', 'TZ', 'USER', 'LOGNAME']);

/** PATH and locale, for engines and small system tools. */
export function minimalEnvironment(environment: NodeJS.ProcessEnv): Record<string, string> {
  return pick(environment, (name) => minimalNames.has(name));
}

/** Everything but `RCLONE_*` (save `RCLONE_CONFIG_PASS`, which opens an encrypted rclone.conf) and `CRYPTOSYNC_*`. */
export function rcloneEnvironment(environment: NodeJS.ProcessEnv): Record<string, string> {
  return pick(
    environment,
    (name) => name === 'RCLONE_CONFIG_PASS' || (!/^RCLONE_/i.test(name) && !name.startsWith('CRYPTOSYNC_')),
  );
}

/** The operator's own environment without our secrets, for an editor or a password command. */
export function operatorEnvironment(environment: NodeJS.ProcessEnv): Record<string, string> {
  return pick(environment, (name) => !secretNames.has(name));
}

const secretNames = new Set([
  'CRYPTOSYNC_PASSWORD',
  'CRYPTOSYNC_NEW_PASSWORD',
  'CRYPTOSYNC_ENCRYPTION_KEY',
  'CRYPTOSYNC_ENCRYPTION_SALT',
  'CRYPTOSYNC_NEW_ENCRYPTION_KEY',
  'CRYPTOSYNC_NEW_ENCRYPTION_SALT',
]);

function pick(environment: NodeJS.ProcessEnv, wanted: (name: string) => boolean): Record<string, string> {
  const picked: Record<string, string> = { PATH: environment['PATH'] ?? defaultPath };
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && name !== 'PATH' && wanted(name)) picked[name] = value;
  }
  return picked;
}
