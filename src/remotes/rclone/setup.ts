/**
 * Writing a remote into rclone.conf. rclone writes the file and obscures what its backend wants obscured; the values
 * go to it in the body of a request to its own remote-control server on loopback, because `rclone config create`
 * takes them in argv, which everyone can read (hazards.md R17; rclone.org/rc, config/create). The server asks for a
 * random password that stands in its environment only, and lives for this one request.
 */
import { randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { requireTool } from '../../system/dependencies.ts';
import { rcloneEnvironment } from '../../system/environment.ts';
import { CryptosyncError } from '../../system/errors.ts';
import {
  isTemporaryNameFor,
  kindOf,
  namesIn,
  rename,
  temporaryNameFor,
  writeFileAtomic,
} from '../../system/files.ts';
import { removeFile } from '../../system/paths/removal.ts';
import { readTrustedText } from '../../system/paths/trust.ts';
import { startServer } from '../../system/process/server.ts';
import type { RcloneDependencies } from './call.ts';
import { confMode, type RcloneConf, readRcloneConf, remoteType, restoreConfMode } from './conf.ts';
import { parseLogLine } from './log.ts';

export interface RemoteDefinition {
  readonly name: string;
  /** A backend that rclone has. */
  readonly type: string;
  readonly options: ReadonlyMap<string, string>;
}

const namePattern = /^[A-Za-z0-9_.][A-Za-z0-9_. -]*$/;

/** @throws USAGE */
export function verifyRemoteName(name: string): void {
  if (namePattern.test(name)) return;
  throw new CryptosyncError('USAGE', `${JSON.stringify(name)} is not a name for a remote`, {
    advice: { to: 'follow-remote-name-rule' },
  });
}

/** A newline in a value would write a section of its own (R15). @throws USAGE */
export function verifyNoControlCharacters(what: string, value: string): void {
  if (!/\p{Cc}/u.test(value)) return;
  throw new CryptosyncError('USAGE', `${what} holds a control character such as a newline`, {
    advice: { to: 'give-one-line' },
  });
}

/**
 * Writes a remote and reads it back. One of the same name and type keeps the options that are not named.
 * @returns `authorise` when the backend needs a login in a browser, which only rclone's dialogue can do.
 * @throws DISK_FULL when the file does not hold it afterwards (R16), CONFIG_INVALID
 */
export async function writeRemote(
  definition: RemoteDefinition,
  configFile: string,
  dependencies: RcloneDependencies,
): Promise<'complete' | 'authorise'> {
  verifyRemoteName(definition.name);
  for (const [name, value] of definition.options) verifyNoControlCharacters(`the option ${name}`, value);
  const before = readRcloneConf(configFile);
  // rclone saves the file after each option: killed meanwhile, it would hold some of them
  const copy = kindOf(configFile) === 'link' ? configFile : copyOf(configFile);
  try {
    const state = await writeInto(copy, definition, before, dependencies);
    if (copy !== configFile) rename(copy, configFile);
    return state;
  } finally {
    if (copy !== configFile && kindOf(copy) === 'file') removeFile(copy);
  }
}

/** A copy beside a file, which is to take its place. What a run that was killed left of another is removed. */
function copyOf(configFile: string): string {
  const directory = dirname(configFile);
  for (const name of namesIn(directory))
    if (isTemporaryNameFor(basename(configFile), name)) removeFile(join(directory, name));
  const copy = temporaryNameFor(configFile);
  const text = readTrustedText(configFile);
  if (text !== undefined) writeFileAtomic(copy, text, confMode);
  return copy;
}

async function writeInto(
  configFile: string,
  definition: RemoteDefinition,
  before: RcloneConf,
  dependencies: RcloneDependencies,
): Promise<'complete' | 'authorise'> {
  // one of the same kind keeps the options that are not named, its secrets among them
  const isSameKind = remoteType(before, definition.name) === definition.type;
  const answer = await ask(configFile, dependencies, isSameKind ? 'config/update' : 'config/create', {
    name: definition.name,
    type: definition.type,
    parameters: Object.fromEntries(definition.options),
    opt: { obscure: true, nonInteractive: true },
  });
  restoreConfMode(configFile);
  const conf = readRcloneConf(configFile);
  if (!conf.encrypted && !isWritten(definition, before, conf)) {
    throw new CryptosyncError(
      'DISK_FULL',
      'rclone said that it wrote its rclone.conf, but the remote is not in it',
      {
        advice: { to: 'check-space-then-install' },
      },
    );
  }
  return typeof answer['State'] === 'string' && answer['State'] !== '' ? 'authorise' : 'complete';
}

/**
 * Takes remotes out of rclone.conf, with all that stands in their sections; a file in which nothing is left goes whole.
 * @param base a directory above it, below which no link is followed
 * @throws CONFIG_INVALID when rclone refuses, DISK_FULL when one is still there afterwards (R16)
 */
export async function removeRemotes(
  names: readonly string[],
  { configFile, base }: { readonly configFile: string; readonly base: string },
  dependencies: RcloneDependencies,
): Promise<void> {
  for (const name of names) await ask(configFile, dependencies, 'config/delete', { name });
  restoreConfMode(configFile);
  const left = names.filter((name) => readRcloneConf(configFile, base).remotes.has(name));
  if (left.length > 0) {
    throw new CryptosyncError(
      'DISK_FULL',
      `rclone said that it took ${left.join(', ')} out of ${configFile}, but they are still in it`,
      { advice: { to: 'check-space-then-again' } },
    );
  }
  if (readTrustedText(configFile, base)?.trim() === '') removeFile(configFile, base);
}

/** rclone says success on a full disk, too (R16): every option must stand there, or differ from before (obscured). */
function isWritten(
  { name, type, options }: RemoteDefinition,
  before: RcloneConf,
  after: RcloneConf,
): boolean {
  const [old, now] = [before.remotes.get(name), after.remotes.get(name)];
  if (now?.get('type') !== type) return false;
  return [...options].every(([option, value]) => {
    const written = now.get(option);
    return written === value || (written !== undefined && written !== old?.get(option));
  });
}

async function ask(
  configFile: string,
  { environment, signal }: RcloneDependencies,
  method: string,
  body: unknown,
): Promise<Record<string, unknown>> {
  const user = randomBytes(12).toString('hex');
  const password = randomBytes(24).toString('hex');
  const said: string[] = [];
  let announce: (address: string) => void = () => {};
  const address = new Promise<string>((resolve) => {
    announce = resolve;
  });
  const server = await startServer({
    file: requireTool('rclone', environment),
    args: [
      'rcd',
      '--rc-addr',
      '127.0.0.1:0',
      '--config',
      configFile,
      '--ask-password=false',
      '--use-json-log',
    ],
    environment: { ...rcloneEnvironment(environment), RCLONE_RC_USER: user, RCLONE_RC_PASS: password },
    onStderrLine: (line) => {
      const { message } = parseLogLine(line);
      said.push(message);
      const found = /Serving remote control on (http:\/\/\S+?)\/?$/.exec(message)?.[1];
      if (found !== undefined) announce(found);
    },
  });
  try {
    const base = await Promise.race([address, server.exited.then(() => undefined)]);
    if (base === undefined) throw refused(said.at(-1) ?? 'rclone ended at once');
    const response = await fetch(`${base}/${method}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
      },
      body: JSON.stringify(body),
      signal: AbortSignal.any([
        AbortSignal.timeout(requestDeadline),
        ...(signal === undefined ? [] : [signal]),
      ]),
    });
    const answer = (await response.json()) as Record<string, unknown>;
    if (!response.ok) throw refused(String(answer['error'] ?? response.status));
    return answer;
  } catch (error) {
    // it announces its address before it reads the file, and may end over it
    if (error instanceof TypeError) throw refused(said.at(-1) ?? error.message);
    if ((error as Error).name === 'TimeoutError') throw refused('it gave no answer in time');
    throw error;
  } finally {
    await server.stop();
  }
}

const requestDeadline = 30_000;

function refused(why: string): CryptosyncError {
  return new CryptosyncError('CONFIG_INVALID', `rclone did not take the remote: ${why}`, {
    advice: { to: 'check-backend-options' },
  });
}
