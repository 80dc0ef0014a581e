/** The kinds of places that histories are played on, each with real servers of its own. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { adapterFor, type Sink, sinkRemote } from '../../../src/remotes/sinks/index.ts';
import type { Direction } from '../../../src/remotes/tuning.ts';
import { Secret } from '../../../src/secrets/secret.ts';
import { makeKey, type Server, serveExactWebdav, serveOpenSsh, serveS3 } from '../serve.ts';
import type { ModelPlace } from './world.ts';

const backends = ['local', 'webdav', 'sftp', 's3'] as const;
type Backend = (typeof backends)[number];
export type ModelPlaceKind = Backend | `${Backend}, encrypted`;
export const modelPlaceKinds: readonly ModelPlaceKind[] = backends.flatMap(
  (backend) => [backend, `${backend}, encrypted`] as const,
);

/** Of every place that is encrypted. */
export const modelKey = Buffer.alloc(32, 'model').toString('base64');

/** A place that keeps no times can't be brought together in both directions. */
export function directionsOn(kind: ModelPlaceKind): readonly Direction[] {
  return kind.startsWith('webdav') ? ['upload', 'download'] : ['upload', 'download', 'bidirectional'];
}

export interface ModelPlaces {
  /** A place that nobody has used. @param world a directory for it alone @param name of it alone */
  placeIn(world: string, name: string): ModelPlace;
  close(): Promise<void>;
}

interface Service extends Server {
  readonly sink: Sink;
  /** Names that a copy by rclone alone does not have as they are. */
  readonly garbles: RegExp;
}

/** rclone's own sign for what it spells otherwise (U+201B): a copy that rclone makes alone has it twice. */
const quote = /\xe2\x80\x9b/;

/** s3rver keeps an object in files whose names are longer than its own: those of encrypted links are too long then. */
const quoteOrLong = /\xe2\x80\x9b|n{140}/;

/** A server of a kind, and the sink that leads to it. @param served what it serves @param directory for its keys */
export async function serveSink(
  kind: Exclude<Backend, 'local'>,
  served: string,
  directory: string,
): Promise<Server & { readonly sink: Sink }> {
  const service = await services[kind](served, directory);
  if (service === undefined) throw new Error(`${kind} has no server`);
  return service;
}

/** @param directory for its server alone */
export async function startModelPlace(kind: ModelPlaceKind, directory: string): Promise<ModelPlaces> {
  const served = join(directory, 'served');
  mkdirSync(served);
  const [backend = '', isEncrypted] = kind.split(', ');
  const service = await services[backend as Backend](served, directory);
  const crypt = { filenameEncryption: 'standard' as const, directoryNameEncryption: true };
  const encryption = isEncrypted === undefined ? {} : { crypt, key: { key: new Secret(modelKey) } };
  return {
    placeIn(world, name) {
      if (service === undefined) {
        const raw = sinkRemote({ type: 'local', root: world }, 'place', '');
        return isEncrypted === undefined ? { raw } : { raw, garbles: quote, ...encryption };
      }
      const { sink, garbles } = service;
      const flags = adapterFor(sink).getRcloneArgs(sink);
      const garbled = isEncrypted === undefined ? garbles : backend === 's3' ? quoteOrLong : quote;
      return { raw: sinkRemote(sink, name, ''), flags, garbles: garbled, ...encryption };
    },
    close: async () => await service?.stop(),
  };
}

const services: Record<Backend, (served: string, directory: string) => Promise<Service | undefined>> = {
  local: () => Promise.resolve(undefined),
  async webdav(served) {
    const server = await serveExactWebdav(served);
    // this server forgets a name with a control character when it reads its disk again (hazards.md R41)
    const garbles = /[\n\r\t]|\xe2\x80\x9b/;
    return { ...server, sink: { type: 'webdav', url: `http://127.0.0.1:${server.port}` }, garbles };
  },
  async sftp(served, directory) {
    const [keyFile, knownHostsFile] = [join(directory, 'user_key'), join(directory, 'known_hosts')];
    makeKey(keyFile);
    const server = await serveOpenSsh(directory, `${keyFile}.pub`);
    writeFileSync(knownHostsFile, server.knownHostsLine);
    const login = { host: '127.0.0.1', port: server.port, user: userInfo().username };
    return {
      ...server,
      sink: { type: 'sftp', ...login, root: served, keyFile, knownHostsFile },
      garbles: quote,
    };
  },
  async s3(served) {
    const server = await serveS3(served, 'bucket');
    const sink: Sink = {
      type: 's3',
      bucket: 'bucket',
      provider: 'Other',
      endpoint: `http://127.0.0.1:${server.port}`,
      forcePathStyle: true,
      accessKeyId: 'S3RVER',
      secretAccessKey: 'S3RVER',
      // s3rver leaves a directory that holds only directories out of listings by directory
      fastList: true,
    };
    // its listing is XML, which tells a CR as a line feed; and s3rver copies no name with a `?` or `#`
    return { ...server, sink, garbles: /[\r?#]|\xe2\x80\x9b/ };
  },
};
