/** SFTP (rclone.org/sftp). The server's own key is checked, unless that is given up in so many words. */
import * as v from 'valibot';
import { Secret } from '../../secrets/secret.ts';
import { prefix } from './path.ts';
import { absolutePath, defineSink, longSecret, obscured, secret, tuning } from './sink.ts';

const schema = v.pipe(
  v.strictObject({
    type: v.literal('sftp'),
    /** A host name or an IP address. */
    host: v.pipe(v.string(), v.regex(/^[A-Za-z0-9](?:[A-Za-z0-9.:-]{0,252}[A-Za-z0-9])?$|^::1$/)),
    port: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535)), 22),
    user: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_][A-Za-z0-9._@+-]{0,127}$/)),
    /** Where clients' directories begin: an absolute path, or one below the login directory. */
    root: v.optional(v.union([absolutePath, prefix])),
    password: v.optional(secret),
    keyFile: v.optional(absolutePath),
    /** The text of a private key, as it stands in its file. */
    keyPem: v.optional(longSecret),
    keyPassphrase: v.optional(secret),
    knownHostsFile: v.optional(absolutePath),
    /** True to talk to any server that answers at this address. A password can then be stolen on the way. */
    acceptAnyHostKey: v.optional(v.boolean(), false),
    /** What runs there: `none` where only file transfer is allowed. rclone finds out when it is left out. */
    shellType: v.optional(v.picklist(['unix', 'powershell', 'cmd', 'none'])),
    ...tuning,
  }),
  v.check(
    ({ password, keyFile, keyPem }) =>
      [password, keyFile, keyPem].filter((way) => way !== undefined).length === 1,
    'it needs one of password, keyFile and keyPem',
  ),
  v.check(
    ({ knownHostsFile, acceptAnyHostKey }) => (knownHostsFile !== undefined) !== acceptAnyHostKey,
    'it needs knownHostsFile, or acceptAnyHostKey: true',
  ),
);

export type SftpSink = v.InferInput<typeof schema>;

export const sftp = defineSink({
  type: 'sftp',
  schema,
  root: ({ root }) => root ?? '',
  options: (sink) => ({
    // rclone puts a colon and the port behind it as it stands
    host: sink.host.includes(':') ? `[${sink.host}]` : sink.host,
    port: sink.port,
    user: sink.user,
    pass: obscured(sink.password),
    key_file: sink.keyFile,
    key_pem: sink.keyPem === undefined ? undefined : onOneLine(sink.keyPem),
    key_file_pass: obscured(sink.keyPassphrase),
    known_hosts_file: sink.knownHostsFile,
    ask_password: false,
    key_use_agent: false,
    shell_type: sink.shellType,
  }),
});

/** rclone wants a key's line breaks written as `\n`. */
function onOneLine(key: Secret): Secret {
  return new Secret(key.reveal().toString('utf8').trimEnd().replaceAll(/\r?\n/g, '\\n').concat('\\n'));
}
