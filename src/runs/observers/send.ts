/** Sending a short message to an address, with a deadline, and again where that may help. Nothing of it is thrown. */
import { pause } from '../../system/clock.ts';

export interface Message {
  /** It may carry a user and a password, which are sent as HTTP has it. */
  readonly url: URL;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Patience {
  /** Milliseconds for one attempt. */
  readonly deadline: number;
  /** Milliseconds before each further attempt. */
  readonly pauses: readonly number[];
}

export const usualPatience: Patience = { deadline: 10_000, pauses: [500, 2000] };

/** For a run that somebody has interrupted, and waits for: once, and not for long. */
export function hurried({ deadline }: Patience): Patience {
  return { deadline: Math.min(deadline, 5000), pauses: [] };
}

/** @returns why nobody took it, without the address; undefined when somebody did */
export async function send(message: Message, { deadline, pauses }: Patience): Promise<string | undefined> {
  let failure: Failure | undefined;
  for (const wait of [0, ...pauses]) {
    if (wait > 0) await pause(wait);
    failure = await attempt(message, deadline);
    if (failure === undefined) return undefined;
    if (!failure.mayPass) break;
  }
  return failure?.why;
}

interface Failure {
  readonly why: string;
  /** Whether another attempt may go better. */
  readonly mayPass: boolean;
}

async function attempt({ url, body, headers }: Message, deadline: number): Promise<Failure | undefined> {
  try {
    const response = await fetch(withoutUser(url), {
      method: 'POST',
      body,
      headers: { 'user-agent': 'cryptosync', ...headers, ...authorization(url) },
      // it would become a GET, or go to whom nobody named
      redirect: 'manual',
      signal: AbortSignal.timeout(deadline),
    });
    await response.body?.cancel();
    return judge(response);
  } catch (error) {
    return { why: reasonOf(error), mayPass: true };
  }
}

function judge({ status, ok }: Response): Failure | undefined {
  if (ok) return undefined;
  if (status >= 300 && status < 400)
    return { why: `it leads elsewhere (HTTP ${status}): give the final address`, mayPass: false };
  return { why: `HTTP ${status}`, mayPass: status >= 500 || status === 429 || status === 408 };
}

/** fetch takes no address with a user in it. */
function withoutUser(url: URL): URL {
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  return bare;
}

function authorization({ username, password }: URL): Readonly<Record<string, string>> {
  if (username === '' && password === '') return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

/** A message of fetch may repeat the address; the name of the system's error does not. */
function reasonOf(error: unknown): string {
  if ((error as Error).name === 'TimeoutError') return 'it did not answer in time';
  const { cause } = error as { cause?: { code?: unknown } };
  return typeof cause?.code === 'string' ? cause.code : 'it could not be reached';
}
