/** A directory of this machine, such as a mounted disk (rclone.org/local). */
import * as v from 'valibot';
import { absolutePath, defineSink, tuning } from './sink.ts';

const schema = v.strictObject({
  type: v.literal('local'),
  /** The directory that holds the clients' directories. */
  root: absolutePath,
  ...tuning,
});

export type LocalSink = v.InferInput<typeof schema>;

export const local = defineSink({ type: 'local', schema, root: ({ root }) => root, options: () => ({}) });
