/**
 * This machine's clock against the remote's. Only servers that speak HTTP tell the time without being written to: in
 * the `Date` header of any answer, a refusal too (RFC 9110, 6.6.1). Modification times would not do: rclone sets them
 * to this machine's time. For all other remotes nothing is compared.
 */
import type { Examination, ProfileCase } from '../examination.ts';
import { type Diagnosis, inOrder } from '../finding.ts';
import { remoteSettings } from './remote-settings.ts';

const requestDeadline = 10_000;
/** Milliseconds from which a difference is told, and from which S3 and others refuse signed requests. */
const noticeable = 60_000;
const refused = 15 * 60_000;

type Settings = ReadonlyMap<string, string>;

/** The address of each backend's server. */
const addresses: Readonly<Record<string, (settings: Settings) => string | undefined>> = {
  webdav: (settings) => settings.get('url'),
  http: (settings) => settings.get('url'),
  swift: (settings) => settings.get('auth'),
  s3: (settings) => settings.get('endpoint') || amazon(settings),
  b2: (settings) => settings.get('endpoint') || 'https://api.backblazeb2.com',
  azureblob: (settings) => settings.get('endpoint') || 'https://login.microsoftonline.com',
  'google cloud storage': () => 'https://storage.googleapis.com',
  drive: () => 'https://www.googleapis.com',
  dropbox: () => 'https://api.dropboxapi.com',
  onedrive: () => 'https://graph.microsoft.com',
  box: () => 'https://api.box.com',
  pcloud: () => 'https://api.pcloud.com',
};

function amazon(settings: Settings): string | undefined {
  const provider = settings.get('provider');
  return provider === undefined || provider === 'AWS' ? 'https://s3.amazonaws.com' : undefined;
}

export async function checkClock({ context }: Examination, one: ProfileCase): Promise<Diagnosis[]> {
  const { name } = one;
  const settings = remoteSettings(one);
  const address = settings && addresses[settings.get('type') ?? '']?.(settings);
  const skew = address === undefined ? undefined : await skewAgainst(address, context);
  if (skew === undefined) return [];
  const seconds = Math.round(Math.abs(skew) / 1000);
  if (Math.abs(skew) < noticeable)
    return [inOrder('clock', name, "this machine's clock agrees with the remote's")];
  return [
    {
      id: 'clock-skew',
      severity: Math.abs(skew) < refused ? 'warning' : 'error',
      subject: name,
      what: `this machine's clock is ${seconds} s ${skew > 0 ? 'ahead of' : 'behind'} the remote's`,
      why: 'Servers refuse requests that are signed for another time (S3 at 15 min), and newer files pass for older ones.',
      mend: { to: 'set-clock' },
    },
  ];
}

/** Milliseconds by which this machine is ahead; undefined when the server can't be asked or does not tell. */
async function skewAgainst(
  address: string,
  { clock, signal }: Examination['context'],
): Promise<number | undefined> {
  try {
    const url = new URL(/^https?:\/\//.test(address) ? address : `https://${address}`);
    url.username = '';
    url.password = '';
    const asked = clock.now().getTime();
    const response = await fetch(url, {
      method: 'HEAD',
      redirect: 'manual',
      signal: AbortSignal.any([
        AbortSignal.timeout(requestDeadline),
        ...(signal === undefined ? [] : [signal]),
      ]),
    });
    const answered = clock.now().getTime();
    const told = Date.parse(response.headers.get('date') ?? '');
    // the header is cut to whole seconds; a cache says how old its answer is
    const age = Number(response.headers.get('age') ?? 0) * 1000;
    return Number.isNaN(told) ? undefined : (asked + answered) / 2 - (told + 500 + age);
  } catch {
    return undefined;
  }
}
