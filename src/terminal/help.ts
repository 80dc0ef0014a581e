/** What `--help` says below the flags, the same way for every command: what it does, exit codes, environment. */
import type { SecretVariable } from '../system/environment.ts';

/** The variables that stand behind no flag. */
const variables = {
  CRYPTOSYNC_PASSWORD: "the vault's password",
  CRYPTOSYNC_NEW_PASSWORD: 'the new password',
  CREDENTIALS_DIRECTORY: "systemd's credentials, where cryptosync-CLIENT-PROFILE is the vault's password",
  CRYPTOSYNC_ENCRYPTION_KEY: "the crypt layer's key",
  CRYPTOSYNC_ENCRYPTION_SALT: 'its salt',
  CRYPTOSYNC_NEW_ENCRYPTION_KEY: 'the key for --rekey',
  CRYPTOSYNC_NEW_ENCRYPTION_SALT: 'its salt',
  CRYPTOSYNC_PASSPHRASE: 'the passphrase of an exported file',
  RCLONE_CONFIG_PASS: 'opens an encrypted rclone.conf',
  NOTIFY_SOCKET: 'told when the server is ready, as systemd has it',
  LISTEN_FDS: 'a socket that systemd has opened',
  VISUAL: 'the editor',
  EDITOR: 'the editor when there is no VISUAL',
  PAGER: 'shows long pages on a terminal',
  CRYPTOSYNC_CONFIG: 'another file of global settings',
  NO_COLOR: 'no colours',
} as const satisfies Record<SecretVariable, string> & Record<string, string>;

export type Variable = keyof typeof variables;

/** For commands that open a vault. */
export const passwordVariables = ['CRYPTOSYNC_PASSWORD', 'CREDENTIALS_DIRECTORY'] as const;
/** For commands that go through a crypt layer. */
export const keyVariables = ['CRYPTOSYNC_ENCRYPTION_KEY', 'CRYPTOSYNC_ENCRYPTION_SALT'] as const;

/**
 * The description of a command.
 * @param text line breaks in it are for the source alone.
 * @param exitCodes `0 done, 2 usage, …`
 * @param names the variables that matter to it, besides those of its flags and those that matter to all.
 */
export function describeCommand(text: string, exitCodes: string, ...names: Variable[]): string {
  const told: Variable[] = [...names, 'CRYPTOSYNC_CONFIG', 'NO_COLOR'];
  const environment = told.map((name) => `${name} (${variables[name]})`).join(', ');
  return [text, `Exit codes: ${exitCodes}.`, `Environment: ${environment}.`]
    .map((paragraph) => paragraph.replaceAll('\n', ' ').trim())
    .filter((paragraph) => paragraph !== '')
    .join('\n\n');
}
