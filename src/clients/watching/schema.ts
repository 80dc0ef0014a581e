/** Who else is told of runs, as profiles and the settings of all clients say it: programs, and addresses. */
import * as v from 'valibot';
import { isDuration } from '../../system/clock.ts';

/** The operations that can be watched, by their names in the ledger. */
export const watchedOperations = [
  'sync',
  'verify',
  'rekey',
  'restore',
  'mount',
  'unmount',
  'passwd',
] as const;
export type WatchedOperation = (typeof watchedOperations)[number];

const operations = v.pipe(v.array(v.picklist(watchedOperations)), v.minLength(1, 'must name an operation'));

/** Bytes of one argument. */
const longest = 4096;
const argument = v.pipe(
  v.string(),
  v.maxBytes(longest, `must have at most ${longest} bytes`),
  v.check((text) => !text.includes('\0'), 'must not hold a NUL'),
);

/** A program and its arguments; no shell takes them apart. */
const program = v.pipe(
  v.array(argument),
  v.minLength(1, 'must name a program'),
  v.maxLength(100, 'must have at most 100 arguments'),
  v.check(([file]) => file?.startsWith('/') === true, 'must begin with the absolute path of a program'),
);

export const hooksSchema = v.strictObject({
  /** Before a run, which it can fail, or put off by exit 75. */
  before: v.optional(program),
  /** After each run that came past `before`, however it ended. */
  after: v.optional(program),
  /** After a run that failed, was refused, or was interrupted. */
  onFailure: v.optional(program),
  /** After the first run that is in order after one that was not. */
  onRecovered: v.optional(program),
  /** Which operations; `sync` and `verify` when left out. */
  for: v.optional(operations),
  /** How long each of them may take; 10m when left out. */
  deadline: v.optional(v.pipe(v.string(), v.check(isDuration, 'must be a duration such as 30s, 10m or 2h'))),
});

export type HooksConfig = v.InferOutput<typeof hooksSchema>;

const address = v.pipe(
  v.string(),
  v.maxBytes(longest, `must have at most ${longest} bytes`),
  // what it is must not stand in the message: who knows it can report successes
  v.check(isAddress, 'must be an address that begins with https:// or http://'),
);

function isAddress(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined && ['http:', 'https:'].includes(url.protocol) && !/\p{Cc}/u.test(text);
}

/** Addresses that are told of runs. Of each kind the profile's goes before that of all clients. */
export const pingEntries = {
  /** In the form of healthchecks.io: `/start`, nothing, or an exit code behind it. */
  pingUrl: v.optional(address),
  /** A topic of ntfy: failures and recoveries. */
  ntfyUrl: v.optional(address),
  /** Gets a JSON document of each beginning and end. */
  webhookUrl: v.optional(address),
  /** Which operations; `sync` and `verify` when left out. */
  pingFor: v.optional(operations),
  /** Sends along what the log says of the end. */
  pingDetails: v.optional(v.boolean()),
} as const;

const pingSchema = v.object(pingEntries);
export type PingConfig = v.InferOutput<typeof pingSchema>;

/** What a profile, or the settings of all clients, say of it. */
export type WatchConfig = PingConfig & { readonly hooks?: HooksConfig | undefined };

/** Values that let whoever knows them report successes. */
export const secretAddresses: ReadonlySet<string> = new Set<keyof PingConfig>([
  'pingUrl',
  'ntfyUrl',
  'webhookUrl',
]);

/** Whether `for` or `pingFor` means an operation. */
export function isWatched(operation: string, chosen: readonly WatchedOperation[] | undefined): boolean {
  return (chosen ?? ['sync', 'verify']).some((one) => one === operation);
}

/** The keys of a configuration that say who watches, with dots. */
export const hookKeys: readonly string[] = Object.keys(hooksSchema.entries).map((key) => `hooks.${key}`);

/** An address as it may be shown: where it leads, and nothing of what makes it secret. */
export function shownAddress(address: string): string {
  return URL.canParse(address) ? `${new URL(address).origin}/[redacted]` : '[redacted]';
}

/** The addresses that a configuration tells of runs, as they may be shown. */
export function shownAddressesOf(config: PingConfig): string[] {
  return [config.pingUrl, config.ntfyUrl, config.webhookUrl].flatMap((address) =>
    address === undefined ? [] : [shownAddress(address)],
  );
}
