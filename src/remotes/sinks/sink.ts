/**
 * What every sink adapter is made of. A sink is a place for backups, given as plain settings instead of a section in
 * rclone.conf: an adapter checks them and turns them into a remote that stands in rclone's environment only, so that
 * it works with `--config ""` and crypt can wrap it. Secrets go into that environment and nowhere else.
 */
import { isUtf8 } from 'node:buffer';
import * as v from 'valibot';
import { Secret } from '../../secrets/secret.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { environmentDefinition } from '../crypt.ts';
import { obscure } from '../rclone/obscure.ts';
import { type Remote, rclonePath } from '../remote.ts';
import { isBandwidthLimit } from '../tuning.ts';
import { joinBelow, parseClient } from './path.ts';

/** Turns settings of one type of sink into what rclone is given. Every method checks the settings anew. */
export interface SinkAdapter<Sink = unknown> {
  /** The adapter's name, and the `type` of its settings. */
  readonly type: string;
  /** The settings that are secrets: no message, list or page shows them. */
  readonly secrets: readonly string[];
  /**
   * The place of a client's data as rclone writes it: `name:bucket/prefix/client/path`.
   * @param client a client id; @param path below the client's directory, `''` for the directory itself.
   * @throws CONFIG_INVALID for the settings or the path, INVALID_CLIENT_ID
   */
  buildRemotePath(sink: Sink, client: string, path: string): string;
  /** Further arguments for rclone; never a secret. @throws CONFIG_INVALID */
  getRcloneArgs(sink: Sink): string[];
  /** The variables that define the remote, with its credentials: for the rclone process alone. @throws CONFIG_INVALID */
  getRcloneEnv(sink: Sink): Record<string, string>;
  /** The same place as a remote of this library, to sync to or to wrap. @throws as buildRemotePath */
  remote(sink: Sink, client: string, path: string): Remote;
}

type OptionValue = string | number | boolean | Secret | undefined;

interface SinkDefinition<Input, Checked> {
  readonly type: string;
  /** rclone's backend, where it is called something else. */
  readonly backend?: string;
  readonly schema: v.GenericSchema<Input, Checked>;
  /** Where clients' directories begin. */
  readonly root: (sink: Checked) => string;
  /** rclone's options for the backend; an undefined one is left out. */
  readonly options: (sink: Checked) => Readonly<Record<string, OptionValue>>;
}

/** Makes an adapter. */
export function defineSink<Input, Checked extends Tuning>(
  definition: SinkDefinition<Input, Checked>,
): SinkAdapter<Input> {
  const { type, schema, root, options } = definition;
  const name = `cryptosync_${type}`;
  const backend = definition.backend ?? type;
  const remote = (sink: Input, client: string, path: string): Remote => ({
    name,
    type: backend,
    path: joinBelow(root(check(type, schema, sink)), parseClient(client), path),
    configFile: '',
    environment: getRcloneEnv(sink),
  });
  const getRcloneEnv = (sink: Input): Record<string, string> => {
    const given = { type: backend, ...options(check(type, schema, sink)) };
    const values = Object.entries(given).flatMap(([option, value]) =>
      value === undefined ? [] : [[option, plain(value)] as const],
    );
    return environmentDefinition(name, Object.fromEntries(values));
  };
  return {
    type,
    secrets: secretsIn(schema),
    buildRemotePath: (sink, client, path) => rclonePath(remote(sink, client, path)),
    getRcloneArgs: (sink) => tuningArguments(check(type, schema, sink)),
    getRcloneEnv,
    remote,
  };
}

function plain(value: Exclude<OptionValue, undefined>): string {
  return value instanceof Secret ? value.reveal().toString('utf8') : String(value);
}

/** The settings of a schema that are secrets, each of them and each that may be left out. */
function secretsIn(schema: v.GenericSchema): string[] {
  const { entries = {} } = schema as { entries?: Readonly<Record<string, { wrapped?: unknown }>> };
  const kinds: readonly unknown[] = [secret, longSecret];
  return Object.entries(entries).flatMap(([name, entry]) =>
    kinds.includes(entry) || kinds.includes(entry.wrapped) ? [name] : [],
  );
}

/** For options that rclone wants obscured. */
export function obscured(secret: Secret | undefined): string | undefined {
  return secret === undefined ? undefined : obscure(secret);
}

/** Checks settings. The error names what is wrong and holds no value: one may be a secret. */
function check<Input, Checked>(
  type: string,
  schema: v.GenericSchema<Input, Checked>,
  sink: unknown,
): Checked {
  const result = v.safeParse(schema, sink);
  if (result.success) return result.output;
  const problems = result.issues.map((issue) => {
    const path = v.getDotPath(issue) ?? 'the settings';
    if (issue.type === 'strict_object') {
      return issue.expected === 'never' ? `${path} is not a setting` : `${path} is missing`;
    }
    return issue.type === 'check' ? issue.message : `${path} is not valid`;
  });
  throw new CryptosyncError('CONFIG_INVALID', `the ${type} sink can't be used: ${problems.join('; ')}`, {
    advice: { to: 'see-sink-types' },
  });
}

/** A line of text: rclone would take a line break for the next option (R15). */
export const text = v.pipe(v.string(), v.minLength(1), v.maxLength(2048), v.regex(/^\P{Cc}+$/u));

/** A secret, as text or already wrapped. */
export const secret = v.union([
  v.pipe(
    text,
    v.transform((value) => new Secret(value)),
  ),
  v.pipe(
    v.instance(Secret),
    v.check((value) => isUtf8(value.reveal()) && v.is(text, value.reveal().toString('utf8'))),
  ),
]);

/** A secret of several lines, such as a private key or a JSON document. */
export const longSecret = v.union([
  v.pipe(
    v.string(),
    v.minLength(1),
    v.maxLength(65_536),
    v.transform((value) => new Secret(value)),
  ),
  v.pipe(
    v.instance(Secret),
    v.check((value) => value.reveal().length > 0 && isUtf8(value.reveal())),
  ),
]);

/** An absolute path on this machine without `..`. */
export const absolutePath = v.pipe(text, v.startsWith('/'), v.regex(/^(?!.*\/\.{1,2}(\/|$))/));

/** An address over HTTP. Credentials in it would be shown in messages. */
export const httpAddress = v.pipe(
  text,
  v.check((value) => {
    const url = URL.canParse(value) ? new URL(value) : undefined;
    return (
      url !== undefined &&
      ['http:', 'https:'].includes(url.protocol) &&
      `${url.username}${url.password}${url.search}${url.hash}` === ''
    );
  }, 'an address is http:// or https://, without a user, password or query in it'),
);

interface Tuning {
  readonly transfers?: number | undefined;
  readonly checkers?: number | undefined;
  readonly bandwidthLimit?: string | undefined;
  readonly fastList?: boolean | undefined;
}

const parallel = v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(64)));

/** Settings that every sink has. */
export const tuning = {
  /** Files and checks at a time. */
  transfers: parallel,
  checkers: parallel,
  /** Bytes per second as rclone writes them, `10M`, or `upload:download`. */
  bandwidthLimit: v.optional(v.pipe(v.string(), v.check(isBandwidthLimit, 'bandwidthLimit is not valid'))),
};

/** Settings that object stores have besides. */
export const bucketTuning = {
  ...tuning,
  /** Lists the whole place at once: fewer requests, about 1 KiB of memory for each object. */
  fastList: v.optional(v.boolean()),
};

function tuningArguments({ transfers, checkers, bandwidthLimit, fastList }: Tuning): string[] {
  return [
    ...(transfers === undefined ? [] : ['--transfers', String(transfers)]),
    ...(checkers === undefined ? [] : ['--checkers', String(checkers)]),
    ...(bandwidthLimit === undefined ? [] : ['--bwlimit', bandwidthLimit]),
    ...(fastList === true ? ['--fast-list'] : []),
  ];
}
