/** Telling of a remote whose credentials go over the network in the clear, wherever one is taken or looked at. */
import {
  describeExposure,
  exposedServers,
  type RcloneConf,
  remoteType,
} from '../../remotes/configuration.ts';
import type { Context } from '../context.ts';

/** A remote that will be written. */
interface Definition {
  readonly type: string;
  readonly options: ReadonlyMap<string, string>;
}

/** Tells of a remote, as it is or will be, that sends its credentials in the clear. */
export function warnOfExposure(
  { warn }: Pick<Context, 'warn'>,
  conf: RcloneConf,
  name: string,
  plan?: Definition | undefined,
): void {
  const old =
    plan !== undefined && remoteType(conf, name) === plan.type ? (conf.remotes.get(name) ?? []) : [];
  const next = plan && new Map([...old, ['type', plan.type] as const, ...plan.options]);
  const remotes = next === undefined ? conf.remotes : new Map([...conf.remotes, [name, next] as const]);
  const servers = exposedServers({ ...conf, remotes }, name);
  if (servers.length > 0) warn(describeExposure(name, servers), { to: 'use-https' });
}
