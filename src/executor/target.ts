/** From what a program names as its target to a remote, and the flags that it brings along. */
import { isAbsolute } from 'node:path';
import {
  exposedServers,
  readRcloneConf,
  remoteType,
  serversExposedBy,
  whereaboutsOf,
} from '../remotes/configuration.ts';
import type { Remote } from '../remotes/remote.ts';
import { adapterFor, sinkRemote } from '../remotes/sinks/index.ts';
import { CryptosyncError } from '../system/errors.ts';
import type { ConfiguredTarget, ExecutorOptions } from './options.ts';

export interface Target {
  readonly raw: Remote;
  readonly flags: readonly string[];
  /** What the sink itself says; a limit of the run is above it. */
  readonly bandwidthLimit?: string | undefined;
  /** The servers to which it sends its credentials in the clear. */
  readonly exposed: readonly string[];
}

/** @throws CONFIG_INVALID, INVALID_CLIENT_ID, REMOTE_NOT_CONFIGURED */
export function targetOf({ target }: Pick<ExecutorOptions, 'target'>): Target {
  if ('configFile' in target) return { ...configuredRemote(target), flags: [] };
  const { sink, client, path = '' } = target;
  const { bandwidthLimit } = sink;
  const raw = sinkRemote(sink, client, path);
  return {
    raw,
    exposed: serversExposedBy(raw),
    flags: adapterFor(sink).getRcloneArgs({ ...sink, bandwidthLimit: undefined }),
    bandwidthLimit,
  };
}

function configuredRemote({ configFile, name, path }: ConfiguredTarget): Pick<Target, 'raw' | 'exposed'> {
  const conf = readRcloneConf(configFile);
  const type = remoteType(conf, name);
  if (type === undefined && !conf.encrypted) {
    throw new CryptosyncError('REMOTE_NOT_CONFIGURED', `${configFile} has no remote ${name}`, {
      advice: { to: 'make-remote-or-sink' },
    });
  }
  if (type === 'local' && !isAbsolute(path)) {
    throw new CryptosyncError(
      'CONFIG_INVALID',
      `${name} is this machine, but the path ${path} is not absolute`,
    );
  }
  const whereabouts = whereaboutsOf(conf, configFile, name, path);
  return { raw: { name, type, path, whereabouts, configFile }, exposed: exposedServers(conf, name) };
}
