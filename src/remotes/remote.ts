/** A place on a remote, and how rclone is told about it. */

export interface Remote {
  /** The remote's name in the client's rclone.conf. */
  readonly name: string;
  /** Its backend, as rclone.conf says; undefined when the file does not tell (an encrypted one). */
  readonly type: string | undefined;
  /** The path or bucket on it. */
  readonly path: string;
  /** The client's rclone.conf. */
  readonly configFile: string;
  /** Layers that are defined in rclone's environment only, such as crypt. */
  readonly environment?: Readonly<Record<string, string>>;
  /** How messages call it, where its own name would say nothing: the place that a layer covers. */
  readonly label?: string;
}

/** The directory on a remote that is the tool's own; nothing of a vault is ever called so. */
export const controlDirectory = '.cryptosync';
/** Keeps the tool's own directory out of transfers and safe from deletion (TOOLS.md R21). */
export const controlFilter = `- /${controlDirectory}/**`;

/** What `rclone --links` puts behind the name of a symbolic link. */
export const linkSuffix = '.rclonelink';

/** The place as rclone writes it: `name:path`, or a path below it. */
export function rclonePath(remote: Remote, below = ''): string {
  const path = below === '' ? remote.path : `${remote.path.replace(/\/+$/, '')}/${below}`;
  return `${remote.name}:${path}`;
}

/** The directory of a remote that is one on this machine; undefined for all others. */
export function localDirectory(remote: Remote): string | undefined {
  return remote.type === 'local' ? remote.path : undefined;
}

/** The place as operators know it. */
export function placeOf(remote: Remote): string {
  return remote.label ?? rclonePath(remote);
}
