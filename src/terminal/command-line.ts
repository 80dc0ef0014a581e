/** What can be told of a command line that was not understood: for the log, which must hold no secret. */
import { readSettings, settingsFile } from '../clients/settings.ts';
import { systemClock } from '../system/clock.ts';
import { type Log, logPath, silentLog } from '../system/log.ts';
import { type LogKind, logKinds, openLog } from '../system/logs/choose.ts';
import { replacement } from '../system/true-bytes.ts';

/** The value of a flag, given as `--flag value` or `--flag=value`. @param names its spellings. */
function givenValue(names: readonly string[], argv: readonly string[]): string | undefined {
  for (const [index, word] of argv.entries()) {
    if (word === '--') return undefined;
    if (names.includes(word)) return argv[index + 1];
    const name = names.find((one) => one.startsWith('--') && word.startsWith(`${one}=`));
    if (name !== undefined) return word.slice(name.length + 1);
  }
  return undefined;
}

/** Whom a command was about, as far as it was said: `client1`, or `client1/photos`. */
export function subjectIn(argv: readonly string[]): string | undefined {
  const client = givenValue(['--client', '--client-id', '-c'], argv) ?? process.env['CRYPTOSYNC_CLIENT'];
  const profile = givenValue(['--profile', '--config-name', '-p'], argv);
  if (client === undefined) return undefined;
  return profile === undefined ? client : `${client}/${profile}`;
}

/** A message of the parser with what was typed taken out of it: a password may stand in the wrong place. */
export function withoutValues(message: string, argv: readonly string[]): string {
  const typed = argv.flatMap((word) =>
    /^--[a-z-]+$/.test(word) ? [] : [word, word.replace(/^--[a-z-]+=/, '')],
  );
  return [...new Set(typed)]
    .filter((word) => word !== '')
    .sort((one, other) => other.length - one.length)
    .reduce((rest, word) => rest.replaceAll(wholeWord(word), '…'), message);
}

function wholeWord(word: string): RegExp {
  return new RegExp(
    String.raw`(?<![\p{L}\d-])${word.replaceAll(/[^\p{L}\d]/gu, (mark) => `\\u{${mark.codePointAt(0)?.toString(16)}}`)}(?![\p{L}\d])`,
    'gu',
  );
}

/** Where the flags or the settings are what is wrong, the log is where it can be told that it is. */
export function logOfFailedStart(argv: readonly string[]): Log {
  const userId = process.getuid?.() ?? 0;
  let file = givenValue(['--log-file'], argv);
  const given = givenValue(['--log'], argv);
  let kind: LogKind | undefined =
    logKinds.find((one) => one === given) ?? (file === undefined ? undefined : 'file');
  try {
    const settings = readSettings(settingsFile(process.env, userId));
    file ??= settings.logFile;
    kind ??= settings.log;
  } catch {
    // they are what is wrong
  }
  // it would be another file's
  if (logPath(process.env, userId, file)?.includes(replacement)) return silentLog;
  return openLog({ environment: process.env, userId, clock: systemClock, kind, file }, () => {});
}
