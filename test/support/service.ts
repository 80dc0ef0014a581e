/** A server of sessions for tests, with a client that keeps every answer that it has seen. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type IncomingHttpHeaders, type RequestOptions, request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import type { Workload } from '../../src/sessions/workload/workload.ts';
import type { Installation } from './installation.ts';
import { waitUntil } from './machine.ts';
import type { RunningCommand } from './running-command.ts';

export interface SeenAnswer {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body as JSON; reading it throws when it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: each test knows the document that it asked for
  readonly json: any;
}

export interface AskOptions {
  /** A document, or the bytes as they are sent. */
  readonly body?: object | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  readonly ca?: string;
}

export interface Service {
  readonly running: RunningCommand;
  readonly pid: number;
  /** A socket's path, or a URL. */
  readonly address: string;
  ask(method: 'GET' | 'POST', path: string, options?: AskOptions): Promise<SeenAnswer>;
  claim(tenant: string, body: object, headers?: Readonly<Record<string, string>>): Promise<SeenAnswer>;
}

/** Everything that was answered in this test file, for a look at the end. */
export const seenAnswers: SeenAnswer[] = [];

/** Writes workloads to where `startService` looks for them. @returns the directory */
export function writeWorkloads(
  installation: Installation,
  workloads: Readonly<Record<string, Partial<Workload>>>,
): string {
  const directory = installation.path('workloads');
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  for (const [id, workload] of Object.entries(workloads)) {
    const whole: object = {
      version: 1,
      mappings: [{ path: '.' }],
      policy: { encryption: 'required' },
      ...('remote' in workload || 'sink' in workload ? {} : { sink: localSink(installation) }),
      ...workload,
    };
    writeFileSync(`${directory}/${id}.json`, JSON.stringify(whole));
  }
  return directory;
}

function localSink(installation: Installation): object {
  const root = installation.path('sink');
  mkdirSync(root, { recursive: true });
  return { type: 'local', root };
}

let sockets = 0;

/** Starts `serve` and waits until it listens; at a socket of its own, unless the arguments say otherwise. */
export async function startService(
  installation: Installation,
  args: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<Service> {
  sockets += 1;
  const isTold = args.includes('--listen') || env['CRYPTOSYNC_SOCKET'] !== undefined;
  const where = isTold ? [] : ['--socket', installation.path(`run${sockets}`, 'serve.sock')];
  const all = ['serve', '--workloads', installation.path('workloads'), ...where, ...args];
  const running = installation.start(all, { deadline: 600_000, env });
  let said = '';
  running.child.stdout?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const announced = (): string | undefined => /^listening at (?:unix:)?(\S+)$/m.exec(said)?.[1];
  await waitUntil(() => announced() !== undefined || running.child.exitCode !== null, 20_000);
  const address = announced();
  if (address === undefined) throw new Error(`the server does not listen: ${said}${running.said()}`);
  return serviceAt(address, running);
}

/** A client of a server that was started otherwise. */
export function serviceAt(address: string, running: RunningCommand): Service {
  const ask: Service['ask'] = (method, path, options) => askServer(address, method, path, options);
  return {
    running,
    pid: running.pid,
    address,
    ask,
    claim: (tenant, body, headers) =>
      ask('POST', `/api/v1/tenants/${tenant}/claim`, { body, ...(headers && { headers }) }),
  };
}

function askServer(
  address: string,
  method: string,
  path: string,
  { body, headers = {}, ca }: AskOptions = {},
): Promise<SeenAnswer> {
  const bytes = body === undefined || Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
  const options: RequestOptions & { ca?: string } = {
    method,
    agent: false,
    headers: {
      ...(bytes && { 'content-type': 'application/json', 'content-length': String(bytes.length) }),
      ...headers,
    },
    ...(ca !== undefined && { ca }),
  };
  return new Promise((resolve, reject) => {
    const isUrl = /^https?:/.test(address);
    const start = address.startsWith('https:') ? requestSecure : requestPlain;
    const request = isUrl
      ? start(new URL(path, address), options)
      : start({ ...options, socketPath: address, path });
    request.once('error', reject);
    request.once('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const seen: SeenAnswer = {
          ...{ method, path, status: response.statusCode ?? 0, headers: response.headers, text },
          get json() {
            return JSON.parse(text);
          },
        };
        seenAnswers.push(seen);
        resolve(seen);
      });
    });
    request.end(bytes);
  });
}

/** The processes that a process has started, and theirs. */
export function descendantsOf(pid: number): number[] {
  let children: number[];
  try {
    children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .trim()
      .split(' ')
      .filter(Boolean)
      .map(Number);
  } catch {
    return []; // it has ended
  }
  return children.flatMap((child) => [child, ...descendantsOf(child)]);
}

/** The processes that wait for a server's next sync, of which it keeps one. */
export function sparesOf(pid: number): number[] {
  return descendantsOf(pid).filter(isSpare);
}

/** What works for tenants: all that a server has started, but the process that waits. */
export function workersOf(pid: number): number[] {
  return descendantsOf(pid).filter((child) => !isSpare(child));
}

function isSpare(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').startsWith('cryptosync-spare');
  } catch {
    return false; // it has ended
  }
}
