/** WebDAV, with Nextcloud and its like (rclone.org/webdav). */
import * as v from 'valibot';
import { prefix } from './path.ts';
import { defineSink, httpAddress, obscured, secret, text, tuning } from './sink.ts';

const schema = v.pipe(
  v.strictObject({
    type: v.literal('webdav'),
    url: httpAddress,
    vendor: v.optional(
      v.picklist(['nextcloud', 'owncloud', 'sharepoint', 'sharepoint-ntlm', 'other']),
      'other',
    ),
    prefix,
    user: v.optional(text),
    password: v.optional(secret),
    bearerToken: v.optional(secret),
    ...tuning,
  }),
  v.check(
    ({ user, password, bearerToken }) =>
      (user === undefined) === (password === undefined) && (user === undefined || bearerToken === undefined),
    'it needs user with password, or bearerToken, or none of them',
  ),
);

export type WebdavSink = v.InferInput<typeof schema>;

export const webdav = defineSink({
  type: 'webdav',
  schema,
  root: (sink) => sink.prefix ?? '',
  options: (sink) => ({
    url: sink.url,
    vendor: sink.vendor,
    user: sink.user,
    pass: obscured(sink.password),
    bearer_token: sink.bearerToken,
  }),
});
