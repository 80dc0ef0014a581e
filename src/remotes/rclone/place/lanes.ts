/**
 * The names under which one place is given to rclone, so that it has several connections of its own to it. rclone's
 * WebDAV backend before 1.63 waits 10 ms between any two calls of one instance (R30), which is what small files cost
 * there; an instance is made for each spelling of a remote with its options (rclone.org/docs, "Connection strings").
 */

import { type Remote, rclonePath } from '../../remote.ts';
import { readRcloneConf } from '../conf.ts';

/** More than that go no faster on one line. */
const mostLanes = 8;

/** @returns at least one name of the place */
export function lanesOf(remote: Remote): string[] {
  const base = remote.below ?? remote;
  if (base.type !== 'webdav') return [rclonePath(remote)];
  const headers = headersOf(base);
  if (headers === undefined) return [rclonePath(remote)];
  return Array.from({ length: mostLanes }, (_, index) => {
    const own = `${headers === '' ? '' : `${headers},`}X-Lane,${index}`;
    const spelled = `${base.name},headers=${quoted(own)}:${base.path}`;
    return remote.below === undefined ? spelled : `${remote.name},remote=${quoted(spelled)}:${remote.path}`;
  });
}

/** A message without what a lane adds to the name of its remote: the headers are nobody's business (R32). */
export function withoutLane(message: string): string {
  return message.replaceAll(/,headers=(?:\\*")+.*?X-Lane,\d+(?:\\*")+(?=:)/g, '');
}

/** The headers that the operator gave this remote; undefined when they can't be read, and so must not be replaced. */
function headersOf({ configFile, name }: Remote): string | undefined {
  if (configFile === '') return undefined;
  const conf = readRcloneConf(configFile);
  if (conf.encrypted) return undefined;
  return conf.remotes.get(name)?.get('headers') ?? '';
}

/** A value in a connection string: in quotes, and a quote in it twice. */
export function quoted(value: string): string {
  return `"${value.replaceAll('"', '""')}"`;
}
