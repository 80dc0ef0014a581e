/** rclone's own configuration dialogue on a client's rclone.conf, and a look at what it left. */

import { listProfiles } from '../clients/discovery.ts';
import { verifyClientReachable } from '../clients/home/reachable.ts';
import { type ClientLayout, directoryMode, type ProfileLayout, profileLayout } from '../clients/layout.ts';
import { readProfileIfPresent } from '../clients/profile-store.ts';
import { readRcloneConf, restoreConfMode } from '../remotes/configuration.ts';
import { logged } from '../runs/recorded.ts';
import { requireTool } from '../system/dependencies.ts';
import { rcloneEnvironment } from '../system/environment.ts';
import { CryptosyncError } from '../system/errors.ts';
import { ensureDirectory, kindOf } from '../system/files.ts';
import { runOnTerminal } from '../system/process/terminal.ts';
import { lastLines, run } from '../system/process.ts';
import { warnOfExposure } from './config/exposed-remote.ts';
import type { Context } from './context.ts';
import { rcloneLockRequest } from './locks.ts';
import { underLocks } from './under-locks.ts';

export interface RcloneConfigRequest {
  readonly layout: ClientLayout;
  /** What goes to `rclone config`; nothing starts the dialogue. */
  readonly args: readonly string[];
  /** False keeps what rclone prints, for a caller that prints one document. */
  readonly onTerminal: boolean;
  readonly wait: number;
}

export interface RcloneConfigResult {
  /** What rclone printed, when it was kept. */
  readonly output: string | undefined;
  /** The remotes that rclone.conf has now; undefined when it is encrypted and its password is not known. */
  readonly remotes: readonly string[] | undefined;
  /** The profiles whose remote is not there. */
  readonly missing: readonly { readonly profile: string; readonly remote: string }[];
}

/** @throws CLIENT_NOT_FOUND, LOCKED, CONFIG_INVALID when rclone fails */
export async function configureRclone(
  context: Context,
  request: RcloneConfigRequest,
): Promise<RcloneConfigResult> {
  const { layout, wait } = request;
  return await underLocks(
    context,
    {
      wait,
      record: (run) =>
        logged(context, { subject: layout.client, operation: 'rclone-config' }, run, {
          describe: () => ({ outcome: 'done' }),
        }),
    },
    {
      look() {
        verifyClientReachable(layout);
        verifyClient(layout);
      },
      locks: () => [rcloneLockRequest(layout, 'rclone-config')],
      async act() {
        ensureDirectory(layout.rcloneDirectory, directoryMode);
        let output: string | undefined;
        try {
          output = await runRcloneConfig(context, request);
        } finally {
          restoreConfMode(layout.rcloneConfig);
        }
        return { output, ...(await inspect(context, layout)) };
      },
    },
  );
}

/** @throws CLIENT_NOT_FOUND */
function verifyClient(layout: ClientLayout): void {
  if (kindOf(layout.toolDirectory) !== 'none') return;
  throw new CryptosyncError(
    'CLIENT_NOT_FOUND',
    `there is no client ${layout.client} in ${layout.directory}`,
    {
      advice: { to: 'set-up-client', client: layout.client },
    },
  );
}

/** Half an hour: a dialogue without a terminal is a script's, and a login in a browser takes its time. */
const scriptDeadline = 1_800_000;

async function runRcloneConfig(context: Context, request: RcloneConfigRequest): Promise<string | undefined> {
  const { environment, signal } = context;
  const command = {
    file: requireTool('rclone', environment),
    // before what was given: behind a `--` of its own they would be names of remotes
    args: ['--config', request.layout.rcloneConfig, ...askingForPassword(), 'config', ...request.args],
    environment: rcloneEnvironment(environment),
  };
  if (request.onTerminal) {
    const { exitCode } = await runOnTerminal(command);
    if (exitCode !== 0) throw failed(request, exitCode, '');
    return undefined;
  }
  const finished = await run({ ...command, deadline: scriptDeadline, signal });
  if (finished.exitCode !== 0) {
    const said = finished.stderr.replace(/^Usage:[\s\S]*^Use "rclone .*$/m, '');
    throw failed(request, finished.exitCode, lastLines(said, 3));
  }
  return finished.stdout;
}

/** Without a terminal rclone would wait for the password of an encrypted rclone.conf (hazards.md R18). */
function askingForPassword(): string[] {
  return process.stdin.isTTY === true ? [] : ['--ask-password=false'];
}

function failed(
  { layout, args }: RcloneConfigRequest,
  exitCode: number | undefined,
  said: string,
): CryptosyncError {
  const isEncrypted = readRcloneConf(layout.rcloneConfig, layout.directory).encrypted;
  // arguments may hold secrets: only the first, the name of rclone's command, is told
  const name = ['rclone config', ...args.slice(0, 1)].join(' ');
  const why = said === '' ? '' : `: ${args.slice(1).reduce(withoutArgument, said)}`;
  return new CryptosyncError(
    'CONFIG_INVALID',
    `${layout.client}: \`${name}\` ended with ${exitCode ?? 'a signal'}${why}`,
    {
      advice: { to: isEncrypted ? 'give-conf-password-or-terminal' : 'see-what-rclone-printed' },
    },
  );
}

/** rclone repeats arguments that it does not understand. */
function withoutArgument(said: string, argument: string): string {
  const value = argument.slice(argument.indexOf('=') + 1);
  return value.length < 4 ? said : said.replaceAll(value, '[hidden]');
}

async function inspect(
  context: Context,
  layout: ClientLayout,
): Promise<Pick<RcloneConfigResult, 'remotes' | 'missing'>> {
  const conf = readRcloneConf(layout.rcloneConfig, layout.directory);
  for (const name of conf.remotes.keys()) warnOfExposure(context, conf, name);
  const remotes = conf.encrypted ? await askForRemotes(context, layout) : [...conf.remotes.keys()];
  if (remotes === undefined) return { remotes, missing: [] };
  const missing = listProfiles(context.root, layout.client).flatMap((profile) => {
    const remote = remoteNameOf(context, profileLayout(context.root, layout.client, profile));
    return remote === undefined || remotes.includes(remote) ? [] : [{ profile, remote }];
  });
  return { remotes, missing };
}

/** rclone itself reads an encrypted file, when its password is in the environment. */
async function askForRemotes(
  { environment, signal }: Context,
  { rcloneConfig }: ClientLayout,
): Promise<string[] | undefined> {
  const finished = await run({
    file: requireTool('rclone', environment),
    args: ['listremotes', '--config', rcloneConfig, '--ask-password=false'],
    environment: rcloneEnvironment(environment),
    deadline: 60_000,
    signal,
  });
  if (finished.exitCode !== 0) return undefined;
  return finished.stdout
    .split('\n')
    .filter((line) => line.endsWith(':'))
    .map((line) => line.slice(0, -1));
}

/** A broken profile is no reason to call what rclone did a failure. */
function remoteNameOf(context: Context, layout: ProfileLayout): string | undefined {
  try {
    return readProfileIfPresent(layout)?.remote?.name;
  } catch (error) {
    context.warn((error as Error).message);
    return undefined;
  }
}
