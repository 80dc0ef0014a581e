/** The sinks that there are adapters for, by their type. */
import { CryptosyncError } from '../../system/errors.ts';
import type { Remote } from '../remote.ts';
import { type AzureBlobSink, azureblob } from './azureblob.ts';
import { type B2Sink, b2 } from './b2.ts';
import { type GcsSink, gcs } from './gcs.ts';
import { type LocalSink, local } from './local.ts';
import { type S3Sink, s3 } from './s3.ts';
import { type SftpSink, sftp } from './sftp.ts';
import type { SinkAdapter } from './sink.ts';
import { type WebdavSink, webdav } from './webdav.ts';

export type { SinkAdapter } from './sink.ts';
export type { AzureBlobSink, B2Sink, GcsSink, LocalSink, S3Sink, SftpSink, WebdavSink };

/** Settings of a sink of any type. */
export type Sink = S3Sink | GcsSink | AzureBlobSink | B2Sink | SftpSink | WebdavSink | LocalSink;

export const sinkAdapters = { s3, gcs, azureblob, b2, sftp, webdav, local } as const;

export type SinkType = keyof typeof sinkAdapters;

/** The adapter for settings. @throws CONFIG_INVALID for an unknown type */
export function adapterFor(sink: Pick<Sink, 'type'>): SinkAdapter<Sink> {
  if (Object.hasOwn(sinkAdapters, sink.type)) return sinkAdapters[sink.type] as SinkAdapter<Sink>;
  throw new CryptosyncError('CONFIG_INVALID', `there is no sink of type ${JSON.stringify(sink.type)}`, {
    advice: { to: 'choose-sink', known: Object.keys(sinkAdapters) },
  });
}

/** A client's place on a sink, as a remote that needs no rclone.conf. @throws CONFIG_INVALID, INVALID_CLIENT_ID */
export function sinkRemote(sink: Sink, client: string, path: string): Remote {
  return adapterFor(sink).remote(sink, client, path);
}
