/**
 * Addresses that are told of a run: in the form of healthchecks.io, a topic of ntfy, and a webhook that gets JSON. The
 * work does not wait for its beginning to be told; the end waits as long as `patience` says, and changes nothing.
 */
import type { PingConfig } from '../../clients/watching/schema.ts';
import type { Run, RunEnd, RunObserver } from '../observer.ts';
import type { Surroundings } from './hooks.ts';
import { hurried, type Message, type Patience, send, usualPatience } from './send.ts';

/** One kind of address. */
interface Channel {
  /** As the configuration calls it: what stands in a warning, in the place of the address. */
  readonly key: string;
  messageAt(moment: Moment): Message | undefined;
}

interface Moment {
  readonly event: 'started' | 'ended' | 'recovered';
  readonly run: Run;
  readonly end?: RunEnd | undefined;
  readonly version: string;
  /** What the log says of the end may be told, too. */
  readonly withDetails: boolean;
}

/** @param patience for tests, which can't wait as long as people do */
export function pingObserver(
  config: PingConfig,
  { watching, warn }: Surroundings,
  patience: Patience = usualPatience,
): RunObserver {
  const channels = channelsOf(config);
  const withDetails = config.pingDetails === true;
  const begun: Promise<void>[] = [];
  const tell = async (moment: Omit<Moment, 'version' | 'withDetails'>, limits: Patience): Promise<void> => {
    const told = channels.map(async (channel) => {
      const message = channel.messageAt({ ...moment, version: watching.version, withDetails });
      const failure = message && (await send(message, limits));
      if (failure !== undefined) {
        warn(
          `${channel.key} of ${moment.run.subject} could not be told of ${moment.run.operation}: ${failure}`,
        );
      }
    });
    await Promise.all(told);
  };
  let hasBegun = false;
  return {
    began(run) {
      hasBegun = true;
      begun.push(tell({ event: 'started', run }, patience));
    },
    async ended(run, end) {
      await Promise.all(begun);
      // what was put off before it began is no news
      if (!hasBegun && end.result === 'skipped') return;
      await tell({ event: 'ended', run, end }, end.result === 'interrupted' ? hurried(patience) : patience);
    },
    recovered: (run, end) => tell({ event: 'recovered', run, end }, patience),
  };
}

function channelsOf({ pingUrl, ntfyUrl, webhookUrl }: PingConfig): Channel[] {
  return [
    ...(pingUrl === undefined ? [] : [healthchecks(pingUrl)]),
    ...(ntfyUrl === undefined ? [] : [ntfy(ntfyUrl)]),
    ...(webhookUrl === undefined ? [] : [webhook(webhookUrl)]),
  ];
}

/** `{client}`, `{profile}` and `{operation}` in an address stand for those of the run. */
function addressFor(text: string, { layout, operation }: Run): URL {
  const values: Readonly<Record<string, string>> = {
    client: layout?.client ?? '',
    profile: layout?.profile ?? '',
    operation,
  };
  return new URL(
    text.replaceAll(/(?:\{|%7B)(client|profile|operation)(?:\}|%7D)/gi, (_, name: string) =>
      encodeURIComponent(values[name.toLowerCase()] ?? ''),
    ),
  );
}

/** A run is named by a UUID there; this one ends with the run's id of the ledger. */
function runUuid({ id }: Run): string {
  return `00000000-0000-8000-8000-${id}`;
}

function healthchecks(address: string): Channel {
  return {
    key: 'pingUrl',
    messageAt({ event, run, end, withDetails }) {
      if (event === 'recovered') return undefined; // it finds out by itself
      const url = addressFor(address, run);
      const path = url.pathname.replace(/\/+$/, '');
      url.pathname = `${path}${healthchecksEnd(end)}`;
      url.searchParams.set('rid', runUuid(run));
      const body = withDetails && end !== undefined ? detailsOf(end) : '';
      return { url, body, headers: { 'content-type': 'text/plain; charset=utf-8' } };
    },
  };
}

/** What is to be tried later is neither a success nor a failure: `/log` leaves the check as it is. */
function healthchecksEnd(end: RunEnd | undefined): string {
  if (end === undefined) return '/start';
  if (end.result === 'ok') return '';
  return end.result === 'skipped' ? '/log' : `/${end.exitCode}`;
}

function ntfy(address: string): Channel {
  return {
    key: 'ntfyUrl',
    messageAt({ event, run, end, withDetails }) {
      if (end === undefined || end.result === 'skipped') return undefined;
      // a phone is for what somebody should know: no successes
      if (event === 'ended' && end.result === 'ok') return undefined;
      const how =
        event === 'recovered'
          ? 'is in order again'
          : `ended: ${end.outcome} (${end.error?.code ?? 'unknown'}, exit ${end.exitCode})`;
      const details = withDetails ? `\n${detailsOf(end)}` : '';
      return {
        url: addressFor(address, run),
        body: `${run.subject}: ${run.operation} ${how}${details}`,
        headers: {
          'content-type': 'text/plain; charset=utf-8',
          title: `cryptosync: ${run.subject}`,
          priority: event === 'recovered' ? 'default' : 'high',
          tags: event === 'recovered' ? 'white_check_mark' : 'rotating_light',
        },
      };
    },
  };
}

function webhook(address: string): Channel {
  return {
    key: 'webhookUrl',
    messageAt: (moment) => ({
      url: addressFor(address, moment.run),
      body: JSON.stringify(documentOf(moment)),
      headers: { 'content-type': 'application/json' },
    }),
  };
}

/** What a webhook gets; what is not known is null. */
function documentOf({ event, run, end, version, withDetails }: Moment): Readonly<Record<string, unknown>> {
  const { id, operation, layout } = run;
  const fact = (name: string): unknown => end?.facts?.[name] ?? null;
  const known = {
    event,
    run: id,
    operation,
    client: layout?.client ?? null,
    profile: layout?.profile ?? null,
  };
  const ended = end && {
    result: end.result,
    outcome: end.outcome,
    error: end.error?.code ?? null,
    exitCode: end.exitCode,
    durationMs: end.durationMs,
    direction: fact('direction'),
    files: fact('filesTransferred'),
    bytes: fact('bytesTransferred'),
    deleted: fact('deleted'),
    generation: fact('generation'),
    ...(withDetails && { details: detailsOf(end) }),
  };
  return { program: 'cryptosync', version, ...known, ...ended };
}

/** What the log has of an end. */
function detailsOf({ outcome, did, error }: RunEnd): string {
  return [outcome, did, error && `${error.code} ${error.message}`].filter(Boolean).join(': ');
}
