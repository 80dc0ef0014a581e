/**
 * Following a remote of rclone.conf to where its files lie: through remotes that lie over others (alias, crypt, union,
 * combine and the like; rclone.org/overview), and to one word for the server, whatever the remote is called.
 */
import { resolve } from 'node:path';
import type { Spot, Whereabouts } from '../../whereabouts.ts';
import { type RcloneConf, whereabouts as telling } from '../conf.ts';
import { namesOfPath, specsBelow } from './layers.ts';
import type { Spec } from './spec.ts';

/** @param file the rclone.conf: what it does not tell is told from others by its name there */
export function whereaboutsOf(conf: RcloneConf, file: string, name: string, path: string): Whereabouts {
  return follow({ conf, file, seen: [] }, { prefix: `${name}:`, name, options: new Map(), path });
}

interface Trail {
  readonly conf: RcloneConf;
  readonly file: string;
  /** Remotes that were come through: a circle has no end. */
  readonly seen: readonly string[];
}

function follow(trail: Trail, spec: Spec): Whereabouts {
  const { conf, file, seen } = trail;
  const own = ancestors(spec.path).map((path) => `${spec.prefix}${path}`);
  const settings = new Map([...(conf.remotes.get(spec.name ?? '') ?? []), ...spec.options]);
  const type = settings.get('type');
  const word = spec.name === undefined ? spec.prefix : `${file}:${spec.name}`;
  if (type === undefined || seen.includes(spec.prefix) || seen.length > 20) {
    return { spots: [{ server: word, path: namesOfPath(spec.path) }], directory: undefined, above: own };
  }
  if (type === 'local') {
    const directory = resolve(spec.path);
    return { spots: [{ server: '', path: namesOfPath(directory) }], directory, above: ancestors(directory) };
  }
  const below = specsBelow(type, settings, spec.path);
  if (below === undefined) {
    return { spots: [spotOf(type, settings, spec.path, word)], directory: undefined, above: own };
  }
  const found = below.map((one) => follow({ ...trail, seen: [...seen, spec.prefix] }, one));
  return {
    spots: found.flatMap(({ spots }) => spots),
    directory: type === 'alias' ? found[0]?.directory : undefined,
    above: [...new Set([...own, ...found.flatMap(({ above }) => above)])],
  };
}

const defaultPorts: Readonly<Record<string, string>> = { sftp: '22', ftp: '21', smb: '445' };

function spotOf(type: string, settings: ReadonlyMap<string, string>, path: string, word: string): Spot {
  const of = (key: string): string => settings.get(key) ?? '';
  switch (type) {
    case 'sftp':
    case 'ftp':
    case 'smb': {
      const server = `${type}:${of('host').toLowerCase()}:${of('port') || defaultPorts[type]}`;
      // what does not begin at the top begins at the home of whoever asks
      const top = type === 'smb' ? [] : path.startsWith('/') ? ['/'] : [`~${of('user')}`];
      return { server, path: [...top, ...namesOfPath(path)] };
    }
    case 'webdav': {
      const url = parsedUrl(of('url'));
      if (url === undefined) break;
      const user = of('user') || decodeURIComponent(url.username);
      return {
        server: `webdav:${hostOf(url)}:${user}`,
        path: [...namesOfPath(decoded(url.pathname)), ...namesOfPath(path)],
      };
    }
    case 's3': {
      const url = parsedUrl(of('endpoint').includes('://') ? of('endpoint') : `https://${of('endpoint')}`);
      const server = of('endpoint') === '' ? of('provider').toLowerCase() : (url?.host ?? of('endpoint'));
      return { server: `s3:${server}`, path: namesOfPath(path) };
    }
    case 'b2':
    case 'gcs':
    case 'google cloud storage':
      // the names of buckets are the whole service's
      return { server: type === 'b2' ? type : 'gcs', path: namesOfPath(path) };
  }
  const told = telling.flatMap((key) => (settings.has(key) ? [`${key}=${of(key)}`] : []));
  return { server: told.length === 0 ? word : JSON.stringify([type, ...told]), path: namesOfPath(path) };
}

function hostOf(url: URL): string {
  return `${url.hostname}:${url.port || (url.protocol === 'https:' ? '443' : '80')}`;
}

function parsedUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** The paths above one, the nearest first; it begins at the top if the path does. */
function ancestors(path: string): string[] {
  const all = namesOfPath(path);
  const top = path.startsWith('/') ? '/' : '';
  return all.map((_, index) => `${top}${all.slice(0, all.length - 1 - index).join('/')}`);
}
