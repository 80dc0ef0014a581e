/**
 * The process of one sync: work on stdin, news on stdout. It may wait for that work, and ends after it; also when told to,
 * and when its parent's end of stdin closes.
 */
import { Secret } from '../secrets/secret.ts';
import { CryptosyncError } from '../system/errors.ts';
import type { ApartNews, ApartWork } from './apart.ts';
import { RcloneSyncExecutor } from './executor.ts';
import type { EncryptionConfig } from './options.ts';

/** Milliseconds without work after which it is known that nobody waits for this process. */
const warmingDelay = 20;

const stop = new AbortController();
let isWaiting = true;
const end = (): void => {
  // nothing was begun, and nothing of it is known here
  if (isWaiting) process.exit(0);
  stop.abort(new CryptosyncError('INTERRUPTED', 'interrupted'));
};
process.on('SIGTERM', end);
process.on('SIGINT', () => {}); // the parent's business

// what an operator sees of it in ps(1)
process.title = 'cryptosync-spare';
const warming = setTimeout(warm, warmingDelay);
void syncOnce();

async function syncOnce(): Promise<void> {
  const { work, secrets } = await readWork();
  clearTimeout(warming);
  isWaiting = false;
  process.title = 'cryptosync-sync';
  tell({ kind: 'begun' });
  const result = await new RcloneSyncExecutor({
    stateDirectory: work.stateDirectory,
    onWarning: (message, advice) => tell({ kind: 'warning', message, advice }),
  }).sync({
    ...work.options,
    encryption: encryptionOf(work, secrets),
    signal: stop.signal,
    onProgress: (stats) => tell({ kind: 'progress', stats }),
  });
  for (const secret of secrets) secret.wipe();
  process.stdout.write(lineOf({ kind: 'result', result }), () => process.exit(0));
}

/** Loads what a sync loads only when it comes to it. */
function warm(): void {
  for (const name of ['node:child_process', 'node:crypto', 'node:http', 'node:readline', 'node:zlib']) {
    process.getBuiltinModule(name);
  }
}

function tell(news: ApartNews): void {
  process.stdout.write(lineOf(news));
}

function lineOf(news: ApartNews): string {
  return `${JSON.stringify(news)}\n`;
}

function encryptionOf({ encryption }: ApartWork, [key, salt]: readonly Secret[]): EncryptionConfig | 'none' {
  if (encryption === 'none') return 'none';
  if (key === undefined) throw new CryptosyncError('KEY_REQUIRED', 'no key came with the work');
  return { ...encryption, key, salt };
}

async function readWork(): Promise<{ work: ApartWork; secrets: Secret[] }> {
  let bytes = Buffer.alloc(0);
  const known = Promise.withResolvers<{ work: ApartWork; secrets: Secret[] }>();
  let isKnown = false;
  process.stdin.on('data', (part: Buffer) => {
    if (isKnown) return;
    bytes = Buffer.concat([bytes, part]);
    const lines = linesIn(bytes);
    const [first, ...others] = lines;
    if (first === undefined) return;
    const work = JSON.parse(first.toString('utf8')) as ApartWork;
    if (others.length < work.secrets) return;
    isKnown = true;
    known.resolve({ work, secrets: others.map((line) => new Secret(Buffer.from(line))) });
  });
  process.stdin.once('end', end);
  return await known.promise;
}

/** The lines that are whole. */
function linesIn(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  let from = 0;
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, from)) {
    lines.push(bytes.subarray(from, at));
    from = at + 1;
  }
  return lines;
}
