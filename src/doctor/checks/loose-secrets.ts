/** Passwords in the clear where they don't belong: in the client's tree, in units, in crontabs. */
import { lstatSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { findPasswordFiles } from '../../clients/former-tree.ts';
import { readCrontab } from '../../schedules/cron/tables.ts';
import { userUnits } from '../../schedules/places.ts';
import type { Advice } from '../../system/advice/index.ts';
import { rclonePassVariable, secretVariables } from '../../system/environment.ts';
import { readTextIfPresent } from '../../system/files.ts';
import type { ClientCase, Examination, ProfileCase } from '../examination.ts';
import { namesOf } from '../examination.ts';
import { type Diagnosis, machine } from '../finding.ts';

export function checkPasswordFiles(_examination: Examination, { layout, profiles }: ClientCase): Diagnosis[] {
  const named = new Set(profiles.map(({ profile }) => profile.passwordFile));
  const loose = findPasswordFiles(layout)
    .map((name) => join(layout.directory, name))
    .filter((path) => !named.has(path));
  return loose.map((path) => {
    const isOpen = (statSync(path).mode & 0o044) !== 0;
    return {
      id: 'secret-in-tree',
      severity: isOpen ? 'error' : 'warning',
      subject: layout.client,
      what: `${path} looks like a password in the clear${isOpen ? ' that other users can read' : ''}`,
      why: 'Whoever gets this disk, or a copy of it, gets the key with the lock.',
      mend: { to: 'shred-password-file', path },
    };
  });
}

/** The file that the profile itself names. */
export function checkPasswordFile(
  _examination: Examination,
  { name, layout, profile }: ProfileCase,
): Diagnosis[] {
  const path = profile.passwordFile;
  if (path === undefined) return [];
  const stats = lstatSync(path, { throwIfNoEntry: false });
  const base = { subject: name, severity: 'error' as const };
  if (stats === undefined) {
    const why = 'Commands that run without a terminal fail with PASSWORD_REQUIRED.';
    const mend: Advice = { to: 'set-password-file', ...namesOf(layout) };
    return [
      { ...base, id: 'password-file-missing', what: `the profile's passwordFile ${path} is gone`, why, mend },
    ];
  }
  if ((statSync(path).mode & 0o077) === 0) return [];
  return [
    {
      ...base,
      id: 'password-file-open',
      what: `other users have access to ${path}`,
      why: 'It holds the password of the vault.',
      mend: { to: 'set-mode', path, mode: 0o600 },
      repair: { kind: 'set-mode', path, mode: 0o600 },
    },
  ];
}

/** Where units and crontabs of the machine stand; of this user the two last. */
function scheduleDirectories(environment: NodeJS.ProcessEnv): string[] {
  const own = userUnits(environment);
  return [
    '/etc/systemd/system',
    '/etc/systemd/user',
    ...['cron.d', 'cron.hourly', 'cron.daily', 'cron.weekly', 'cron.monthly'].map((name) =>
      join('/etc', name),
    ),
    '/var/spool/cron',
    ...(own === undefined ? [] : [own]),
  ];
}

const deepest = 3;
/** Units and crontabs are small; what is larger is something else. */
const largest = 256 * 1024;

export async function checkSchedules({ context }: Examination): Promise<Diagnosis[]> {
  const { environment } = context;
  const files = [
    '/etc/crontab',
    ...scheduleDirectories(environment).flatMap((path) => filesBelow(path, deepest)),
  ];
  const texts = files.map((path) => ({ path, text: readSmall(path) }));
  if (context.userId !== 0) {
    const text = await readCrontab(environment).catch(() => undefined);
    texts.push({ path: "this user's crontab", text: text ?? '' });
  }
  return texts.flatMap(({ path, text }) => secretsIn(path, text));
}

function filesBelow(directory: string, depth: number): string[] {
  let entries: ReturnType<typeof readEntries>;
  try {
    entries = readEntries(directory);
  } catch {
    return []; // not there, or not for this user
  }
  return entries.flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return depth > 1 ? filesBelow(path, depth - 1) : [];
    return entry.isFile() ? [path] : [];
  });
}

function readEntries(directory: string) {
  return readdirSync(directory, { withFileTypes: true });
}

function readSmall(path: string): string {
  try {
    return statSync(path).size > largest ? '' : (readTextIfPresent(path) ?? '');
  } catch {
    return '';
  }
}

/** A value behind these is a secret; a path or a command that gets it is not. */
const inArgument = /--vault-password(?:\s+|=)\S/;
const inVariable = new RegExp(
  String.raw`\b(?:${[...secretVariables, rclonePassVariable].join('|')})\s*=\s*["']?[^\s"'$]`,
);
const holdsSecret = (line: string): boolean => inArgument.test(line) || inVariable.test(line);

function secretsIn(path: string, text: string): Diagnosis[] {
  if (!/cryptosync/i.test(text)) return [];
  return text.split('\n').flatMap((line, index) => {
    if (/^\s*[#;]/.test(line) || !holdsSecret(line)) return [];
    return [
      {
        id: 'secret-in-schedule',
        severity: 'error' as const,
        subject: machine,
        what: `line ${index + 1} of ${path} holds a password or key`,
        why: 'Units and their environment can be read by every user, and command lines by everybody while they run.',
        mend: { to: 'give-password-safely' },
      },
    ];
  });
}
