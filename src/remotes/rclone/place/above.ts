/** The directories above a place, as they are asked whether a place of ours lies there. */
import { type Remote, rclonePath } from '../../remote.ts';
import { quoted, wholeOf } from './lanes.ts';

interface Above {
  readonly fs: string;
  /** For messages. */
  readonly shown: string;
}

/** The nearest first; below a crypt layer each both as it is, and through a layer of the same key. */
export function aboveOf(remote: Remote): Above[] {
  const base = remote.below ?? remote;
  const plain = base.whereabouts?.above.map((fs) => ({ fs, shown: fs })) ?? ancestorsOf(base);
  return plain.flatMap((own) => {
    if (remote.below === undefined) return [own];
    return [own, { fs: `${remote.name},remote=${quoted(own.fs)}:`, shown: own.shown }];
  });
}

function ancestorsOf(remote: Remote): Above[] {
  const names = remote.path.split('/').filter((name) => name !== '' && name !== '.');
  const top = remote.path.startsWith('/') ? '/' : '';
  return names.map((_, index) => {
    const path = `${top}${names.slice(0, names.length - 1 - index).join('/')}`;
    const above = { ...remote, path };
    return { fs: wholeOf(above), shown: rclonePath(above) };
  });
}
