/** Remotes that lie over others (alias, crypt, union, combine and the like): what lies below them, layer by layer. */
import { posix } from 'node:path';
import type { RcloneConf } from '../conf.ts';
import { parseSpec, type Spec, upstreamsOf } from './spec.ts';

/** A remote that another one leads through. */
export interface Layer {
  /** Its name in rclone.conf; undefined for one that is defined on the spot. */
  readonly name: string | undefined;
  /** Its settings, secrets included. */
  readonly settings: ReadonlyMap<string, string>;
}

/** A remote of rclone.conf and all that it leads through, the uppermost first; none for one that is not there. */
export function layersOf(conf: RcloneConf, name: string): Layer[] {
  const found = new Map<string, Layer>();
  const visit = (spec: Spec): void => {
    const settings = new Map([...(conf.remotes.get(spec.name ?? '') ?? []), ...spec.options]);
    const type = settings.get('type');
    if (type === undefined || found.has(spec.prefix)) return;
    found.set(spec.prefix, { name: spec.name, settings });
    for (const below of specsBelow(type, settings, '') ?? []) visit(below);
  };
  visit({ prefix: `${name}:`, name, options: new Map(), path: '' });
  return [...found.values()];
}

/** Where a remote that lies over others puts a path; undefined for one that does not. */
export function specsBelow(
  type: string,
  settings: ReadonlyMap<string, string>,
  path: string,
): readonly Spec[] | undefined {
  switch (type) {
    case 'alias':
    case 'chunker':
    case 'compress':
    case 'hasher':
    case 'cache':
      return [into(parseSpec(settings.get('remote') ?? ''), path)];
    case 'crypt':
      return [into(parseSpec(settings.get('remote') ?? ''), cryptPath(settings, path))];
    case 'union':
      return upstreamsOf(settings).map((text) =>
        into(parseSpec(text.replace(/:(?:ro|nc|writeback)$/, '')), path),
      );
    case 'combine': {
      const [first, ...rest] = namesOfPath(path);
      return upstreamsOf(settings).flatMap((text) => {
        const [, directory = '', spec = ''] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
        return first === undefined || first === directory ? [into(parseSpec(spec), rest.join('/'))] : [];
      });
    }
    default:
      return undefined;
  }
}

function into(spec: Spec, path: string): Spec {
  if (path === '') return spec;
  return { ...spec, path: spec.path === '' ? path : posix.join(spec.path, path) };
}

/** Encrypted names are other names, equal for equal ones: here one stands for them that nobody gives a directory. */
function cryptPath(settings: ReadonlyMap<string, string>, path: string): string {
  const isPlain =
    settings.get('filename_encryption') === 'off' || settings.get('directory_name_encryption') === 'false';
  return isPlain
    ? path
    : namesOfPath(path)
        .map((name) => `(encrypted) ${name}`)
        .join('/');
}

/** The names of a path, as the file system of a server reads it: without empty ones, `.` and `..`. */
export function namesOfPath(path: string): string[] {
  const found: string[] = [];
  for (const name of path.split('/')) {
    if (name === '..') found.pop();
    else if (name !== '' && name !== '.') found.push(name);
  }
  return found;
}
