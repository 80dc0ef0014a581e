/** Where crontabs are: a file for each client in /etc/cron.d, and the user's own, which `crontab` reads and writes. */
import { join } from 'node:path';
import { findExecutable } from '../../system/dependencies.ts';
import { shortDigest } from '../../system/digest.ts';
import { minimalEnvironment } from '../../system/environment.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { lastLines, run } from '../../system/process.ts';
import { parseMarker } from '../marker.ts';

export const systemTables = '/etc/cron.d';

const heading = `# Made by cryptosync schedule. Its lines are made anew by schedule add; a MAILTO= above them is kept.
SHELL=/bin/sh
`;

/** The file of a client. Debian's cron passes over names with a dot. */
export function tableOf(directory: string, client: string): string {
  const plain = client.replaceAll('.', '_');
  const name = plain === client ? plain : `${plain}-${shortDigest(client, 6)}`;
  return join(directory, `cryptosync-${name}`);
}

/** What a new file of a client begins with. */
export const newTable = heading;

/** Whether a file is one that `schedule` made. */
export function isTable(text: string): boolean {
  return text.startsWith(heading.split('\n')[0] ?? heading);
}

/** Whether nothing is left in a file but what it began with, and settings. */
export function isSpent(text: string): boolean {
  return text.split('\n').every((line) => /^\s*($|#|\w+\s*=)/.test(line) && parseMarker(line) === undefined);
}

/** Milliseconds. */
const deadline = 10_000;

/** The user's crontab; empty when there is none, undefined where there is no cron. @throws CONFIG_INVALID */
export async function readCrontab(environment: NodeJS.ProcessEnv): Promise<string | undefined> {
  const file = findExecutable('crontab', environment);
  if (file === undefined) return undefined;
  const { exitCode, stdout, stderr } = await run({
    file,
    args: ['-l'],
    environment: minimalEnvironment(environment),
    deadline,
  });
  if (exitCode === 0) return stdout;
  if (/no crontab/i.test(stderr)) return '';
  throw failed('-l', stderr);
}

/** Writes the user's whole crontab; an empty one is removed. @throws CONFIG_INVALID, TOOL_MISSING */
export async function writeCrontab(environment: NodeJS.ProcessEnv, text: string): Promise<void> {
  const file = findExecutable('crontab', environment);
  if (file === undefined) throw noCron();
  const args = text === '' ? ['-r'] : ['-'];
  const { exitCode, stderr } = await run({
    file,
    args,
    environment: minimalEnvironment(environment),
    deadline,
    ...(text === '' ? {} : { input: text }),
  });
  if (exitCode !== 0) throw failed(args.join(' '), stderr);
}

export function noCron(): CryptosyncError {
  return new CryptosyncError('TOOL_MISSING', 'not found on PATH: crontab', {
    advice: { to: 'install-cron' },
  });
}

function failed(args: string, stderr: string): CryptosyncError {
  return new CryptosyncError('CONFIG_INVALID', `crontab ${args} failed: ${lastLines(stderr)}`);
}
