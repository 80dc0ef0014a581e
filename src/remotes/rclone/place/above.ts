/** The directories above a place, as they are asked whether a place of ours lies there. */
import { type Remote, rclonePath } from '../../remote.ts';
import { quoted } from './lanes.ts';

interface Above {
  readonly fs: string;
  /** For messages. */
  readonly shown: string;
}

/** The nearest first; below a crypt layer each both as it is, and through a layer of the same key. */
export function aboveOf(remote: Remote): Above[] {
  const base = remote.below ?? remote;
  const plain = base.whereabouts?.above ?? ancestorsOf(base);
  return plain.flatMap((fs) => {
    const own = { fs, shown: fs };
    if (remote.below === undefined) return [own];
    return [own, { fs: `${remote.name},remote=${quoted(fs)}:`, shown: fs }];
  });
}

function ancestorsOf(remote: Remote): string[] {
  const names = remote.path.split('/').filter((name) => name !== '' && name !== '.');
  const top = remote.path.startsWith('/') ? '/' : '';
  return names.map((_, index) =>
    rclonePath({ ...remote, path: `${top}${names.slice(0, names.length - 1 - index).join('/')}` }),
  );
}
