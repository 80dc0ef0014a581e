/** From what a program names as its target to a remote, and the flags that it brings along. */
import { isAbsolute } from 'node:path';
import { readRcloneConf, remoteType } from '../../remotes/rclone-conf.ts';
import type { Remote } from '../../remotes/remote.ts';
import { adapterFor, sinkRemote } from '../../remotes/sinks/index.ts';
import { CryptosyncError } from '../../system/errors.ts';
import type { ConfiguredTarget, ExecutorOptions } from './options.ts';

export interface Target {
  readonly raw: Remote;
  readonly flags: readonly string[];
}

/** @throws CONFIG_INVALID, INVALID_CLIENT_ID, REMOTE_NOT_CONFIGURED */
export function targetOf({
  target,
  bandwidthLimit,
}: Pick<ExecutorOptions, 'target' | 'bandwidthLimit'>): Target {
  if ('configFile' in target) return { raw: configuredRemote(target), flags: [] };
  const { sink, client, path = '' } = target;
  // of two limits rclone takes the last: that of the run wins over the sink's
  const tuned = bandwidthLimit === undefined ? sink : { ...sink, bandwidthLimit: undefined };
  return { raw: sinkRemote(sink, client, path), flags: adapterFor(sink).getRcloneArgs(tuned) };
}

function configuredRemote({ configFile, name, path }: ConfiguredTarget): Remote {
  const conf = readRcloneConf(configFile);
  const type = remoteType(conf, name);
  if (type === undefined && !conf.encrypted) {
    throw new CryptosyncError('REMOTE_NOT_CONFIGURED', `${configFile} has no remote ${name}`, {
      hint: 'Make it with rclone config, or give a sink instead.',
    });
  }
  if (type === 'local' && !isAbsolute(path)) {
    throw new CryptosyncError(
      'CONFIG_INVALID',
      `${name} is this machine, but the path ${path} is not absolute`,
    );
  }
  return { name, type, path, configFile };
}
