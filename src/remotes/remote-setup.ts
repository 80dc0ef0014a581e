/**
 * Writing a remote into rclone.conf. rclone writes the file and obscures what its backend wants obscured; the values
 * go to it in the body of a request to its own remote-control server on loopback, because `rclone config create`
 * takes them in argv, which everyone can read (TOOLS.md R17; rclone.org/rc, config/create). The server asks for a
 * random password that stands in its environment only, and lives for this one request.
 */
import { randomBytes } from 'node:crypto';
import { requireTool } from '../system/dependencies.ts';
import { rcloneEnvironment } from '../system/environment.ts';
import { CryptosyncError } from '../system/errors.ts';
import { startServer } from '../system/process-server.ts';
import type { RcloneDependencies } from './rclone.ts';
import { type RcloneConf, readRcloneConf, remoteType, restoreConfMode } from './rclone-conf.ts';
import { parseLogLine } from './rclone-log.ts';

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
    hint: 'Use letters, digits, underscores, dots, hyphens and spaces, not a hyphen or space first.',
  });
}

/** A newline in a value would write a section of its own (R15). @throws USAGE */
export function verifyNoControlCharacters(what: string, value: string): void {
  if (!/\p{Cc}/u.test(value)) return;
  throw new CryptosyncError('USAGE', `${what} holds a control character such as a newline`, {
    hint: 'Give it on one line.',
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
      `rclone said that it wrote ${configFile}, but the remote is not in it`,
      {
        hint: 'Check the free space and the permissions there, then run install again.',
      },
    );
  }
  return typeof answer['State'] === 'string' && answer['State'] !== '' ? 'authorise' : 'complete';
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
    hint: 'Check the options of its backend: rclone help backend NAME',
  });
}
