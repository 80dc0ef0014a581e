/**
 * The names under which one place is given to rclone, so that it has several connections of its own to it. rclone's
 * WebDAV backend before 1.63 waits 10 ms between any two calls of one instance (R30), which is what small files cost
 * there; an instance is made for each spelling of a remote with its options (rclone.org/docs, "Connection strings").
 */

import { type Remote, rclonePath, variableOf } from '../../remote.ts';
import { readRcloneConf } from '../conf.ts';

/** More than that go no faster on one line. */
const mostLanes = 8;

/** @returns at least one name of the place */
export function lanesOf(remote: Remote): string[] {
  const base = remote.below ?? remote;
  const headers = base.type === 'webdav' ? headersOf(base) : undefined;
  if (headers === undefined) return [wholeOf(remote)];
  return Array.from({ length: mostLanes }, (_, index) => rclonePath(laneOf(remote, headers, index)));
}

/**
 * The place under names of their own for moves, where rclone must not repeat them by itself (see moving.ts); none where
 * it may, or where its headers can't be read. A move is six calls and more, so these are several too.
 */
export function moversOf(remote: Remote): Remote[] {
  const base = remote.below ?? remote;
  const headers = base.type === 'webdav' ? (headersOf(base) ?? headersGiven(base)) : undefined;
  if (headers === undefined) return [];
  return Array.from({ length: mostLanes }, (_, index) => laneOf(remote, headers, mostLanes + index));
}

/**
 * Of whose paths without a slash at the end each new instance asks whether it is a file: WebDAV by a list of all that lies
 * directly in it (hazards.md R49), S3 by a question whose failure newer rclones take for a yes (R51).
 */
const askedForFiles: ReadonlySet<string | undefined> = new Set(['webdav', 's3']);

/** The place as rclone is given it. */
export function wholeOf(remote: Remote): string {
  return rclonePath(askedForFiles.has(remote.type) ? asDirectory(remote) : remote);
}

function asDirectory(remote: Remote): Remote {
  const path = remote.path.replace(/\/*$/, '/');
  return path === '/' ? remote : { ...remote, path };
}

function laneOf(remote: Remote, headers: string, index: number): Remote {
  const base = remote.below ?? remote;
  const own = `${headers === '' ? '' : `${headers},`}X-Lane,${index}`;
  const lane = asDirectory({ ...base, name: `${base.name},headers=${quoted(own)}` });
  if (remote.below === undefined) return lane;
  return { ...remote, name: `${remote.name},remote=${quoted(`${lane.name}:${lane.path}`)}` };
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

/** The same of a remote that is defined in rclone's environment alone. */
function headersGiven({ configFile, name, environment }: Remote): string | undefined {
  return configFile === '' ? (environment?.[variableOf(name, 'headers')] ?? '') : undefined;
}

/** A value in a connection string: in quotes, and a quote in it twice. */
export function quoted(value: string): string {
  return `"${value.replaceAll('"', '""')}"`;
}
