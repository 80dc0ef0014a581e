/** A place on a remote, and how rclone is told about it. */
import type { Whereabouts } from './whereabouts.ts';

export interface Remote {
  /** The remote's name in the client's rclone.conf. */
  readonly name: string;
  /** Its backend, as rclone.conf says; undefined when the file does not tell (an encrypted one). */
  readonly type: string | undefined;
  /** What stands behind the name, to tell one place from another; undefined when the file does not tell. */
  readonly backend?: string | undefined;
  /** Where its files lie in the end; undefined where nobody has looked. */
  readonly whereabouts?: Whereabouts | undefined;
  /** The path or bucket on it. */
  readonly path: string;
  /** The client's rclone.conf. */
  readonly configFile: string;
  /** Layers that are defined in rclone's environment only, such as crypt. */
  readonly environment?: Readonly<Record<string, string>>;
  /** How messages call it, where its own name would say nothing: the place that a layer covers. */
  readonly label?: string;
  /** The place that a layer covers. */
  readonly below?: Remote;
}

/** The directory on a remote that is the tool's own; nothing of a vault is ever called so. */
export const controlDirectory = '.cryptosync';
/** What tells that a place of ours lies somewhere, without its being read. */
export const controlFiles = [
  `${controlDirectory}/marker.json`,
  `${controlDirectory}/in-progress.json`,
] as const;
/** Whether a path at a place is that directory, or lies in it. */
export function isControl(path: string): boolean {
  return `${path}/`.startsWith(`${controlDirectory}/`);
}
/** Keeps rclone out of the tool's own directory, but for names with a line feed (hazards.md R21, R46). */
export const controlFilter = `- /${controlDirectory}/**`;

/**
 * The variable that sets an option of a remote for rclone. Letters are upper-cased, all other characters of the name
 * kept (hazards.md R13; rclone's fs.ConfigToEnv).
 */
export function variableOf(name: string, option: string): string {
  return `RCLONE_CONFIG_${`${name}_${option}`.toUpperCase()}`;
}

/** What `rclone --links` puts behind the name of a symbolic link. */
export const linkSuffix = '.rclonelink';

/**
 * The place as rclone writes it: `name:path`, or a path below it. An empty path is where a remote begins (the user's
 * home by SFTP), and no slash may stand before what lies below it: that would be the server's root.
 */
export function rclonePath(remote: Remote, below = ''): string {
  const { name, path } = remote;
  if (below === '' || path === '') return `${name}:${path}${below}`;
  return `${name}:${path.replace(/\/+$/, '')}/${below}`;
}

/** The directory of a remote that is one on this machine, by whatever alias; undefined for all others. */
export function localDirectory(remote: Remote): string | undefined {
  if (remote.type === 'alias') return remote.whereabouts?.directory;
  return remote.type === 'local' ? remote.path : undefined;
}

/** The place as operators know it. */
export function placeOf(remote: Remote): string {
  return remote.label ?? rclonePath(remote);
}
