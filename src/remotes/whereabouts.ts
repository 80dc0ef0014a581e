/** Where the files of a remote lie in the end, so that one place can be told from another whatever it is called. */

/** A directory of a server; of this machine where the server is `''`. */
export interface Spot {
  /** One word for what has the files: a machine, a service, an account. */
  readonly server: string;
  /** Names from the top of the server down. */
  readonly path: readonly string[];
}

export interface Whereabouts {
  /** All the places that it writes to: a union has several. */
  readonly spots: readonly Spot[];
  /** The directory of this machine in which the files lie just as they are, whatever the remote is called. */
  readonly directory: string | undefined;
  /** The directories above it, as rclone writes them. */
  readonly above: readonly string[];
}

/** Whether one lies in the other, below it. */
export function liesBelow(inner: Spot, outer: Spot): boolean {
  return inner.path.length > outer.path.length && isAround(inner, outer);
}

/** Whether they are one, or one lies in the other. */
export function overlap(one: Spot, other: Spot): boolean {
  return isAround(one, other) || isAround(other, one);
}

function isAround(inner: Spot, { server, path }: Spot): boolean {
  return inner.server === server && path.every((name, index) => inner.path[index] === name);
}

/** The directories of this machine that a place writes to. */
export function localSpots({ spots }: Whereabouts): string[] {
  return spots.filter(({ server }) => server === '').map(({ path }) => `/${path.join('/')}`);
}
