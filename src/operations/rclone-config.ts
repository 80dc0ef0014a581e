/** rclone's own configuration dialogue on a client's rclone.conf, and a look at what it left. */

import { listProfiles } from '../clients/discovery.ts';
import { type ClientLayout, directoryMode, profileLayout, rcloneLock } from '../clients/layout.ts';
import { withLock } from '../clients/lock.ts';
import { readProfileIfPresent } from '../clients/profile-store.ts';
import { readRcloneConf, restoreConfMode } from '../remotes/rclone-conf.ts';
import { requireTool } from '../system/dependencies.ts';
import { rcloneEnvironment } from '../system/environment.ts';
import { CryptosyncError } from '../system/errors.ts';
import { ensureDirectory, kindOf } from '../system/files.ts';
import { lastLines, run, runOnTerminal } from '../system/process.ts';
import type { Context } from './context.ts';

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
  /** The remotes that rclone.conf has now; undefined when it is encrypted. */
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
  if (kindOf(layout.toolDirectory) === 'none') {
    throw new CryptosyncError(
      'CLIENT_NOT_FOUND',
      `there is no client ${layout.client} in ${layout.directory}`,
      {
        hint: `Set it up: cryptosync install --client ${layout.client}`,
      },
    );
  }
  const lock = {
    path: rcloneLock(layout),
    subject: `the rclone.conf of ${layout.client}`,
    purpose: 'rclone-config',
    wait,
  };
  context.log.write('INFO', `${layout.client}: rclone-config begins`);
  const output = await withLock(lock, context, async () => {
    ensureDirectory(layout.rcloneDirectory, directoryMode);
    try {
      return await runRcloneConfig(context, request);
    } finally {
      restoreConfMode(layout.rcloneConfig);
    }
  });
  context.log.write('INFO', `${layout.client}: rclone-config ended`);
  return { output, ...inspect(context, layout) };
}

/** Half an hour: a dialogue without a terminal is a script's, and a login in a browser takes its time. */
const scriptDeadline = 1_800_000;

async function runRcloneConfig(context: Context, request: RcloneConfigRequest): Promise<string | undefined> {
  const { environment, signal } = context;
  const command = {
    file: requireTool('rclone', environment),
    args: ['config', ...request.args, '--config', request.layout.rcloneConfig],
    environment: rcloneEnvironment(environment),
  };
  if (request.onTerminal) {
    const { exitCode } = await runOnTerminal(command);
    if (exitCode !== 0) throw failed(request, exitCode, '');
    return undefined;
  }
  const finished = await run({ ...command, deadline: scriptDeadline, signal });
  if (finished.exitCode !== 0) throw failed(request, finished.exitCode, lastLines(finished.stderr, 3));
  return finished.stdout;
}

function failed(
  { layout, args }: RcloneConfigRequest,
  exitCode: number | undefined,
  said: string,
): CryptosyncError {
  // arguments may hold secrets: only the first, the name of rclone's command, is told
  const name = ['rclone config', ...args.slice(0, 1)].join(' ');
  const why = said === '' ? '' : `: ${said}`;
  return new CryptosyncError(
    'CONFIG_INVALID',
    `${layout.client}: \`${name}\` ended with ${exitCode ?? 'a signal'}${why}`,
    {
      hint: 'See what it printed. rclone writes the file only when a step is complete.',
    },
  );
}

function inspect(context: Context, layout: ClientLayout): Pick<RcloneConfigResult, 'remotes' | 'missing'> {
  const conf = readRcloneConf(layout.rcloneConfig);
  if (conf.encrypted) return { remotes: undefined, missing: [] };
  const missing = listProfiles(context.root, layout.client).flatMap((profile) => {
    const remote = readProfileIfPresent(profileLayout(context.root, layout.client, profile))?.remote?.name;
    return remote === undefined || conf.remotes.has(remote) ? [] : [{ profile, remote }];
  });
  return { remotes: [...conf.remotes.keys()], missing };
}
