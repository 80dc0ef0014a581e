/** Every observer, and every way in which a run can end. */
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { profileLayout } from '../../../src/clients/layout.ts';
import { parseClientId, parseProfileName } from '../../../src/clients/names.ts';
import type { WatchConfig } from '../../../src/clients/watching/schema.ts';
import type { Run, RunEnd, RunObserver, Watching } from '../../../src/runs/observer.ts';
import { recorded } from '../../../src/runs/recorded.ts';
import { CryptosyncError, type ErrorCode } from '../../../src/system/errors.ts';
import { contextFor } from '../../support/context.ts';
import { type PingServer, startPingServer } from '../../support/ping-server.ts';
import { scratchDirectory } from '../../support/scratch.ts';

let server: PingServer;
beforeAll(async () => {
  server = await startPingServer();
});
afterAll(() => server.close());

const facts = {
  filesTransferred: 3,
  bytesTransferred: 42,
  deleted: 1,
  generation: 7,
  remote: 'r:p',
  direction: 'upload',
};

/** A client whose runs are watched by everybody. */
function watched(directory: string, more: WatchConfig = {}) {
  const notes = `${directory}/notes`;
  const hook = (name: string, script = ''): string[] => {
    const file = `${directory}/${name}`;
    writeFileSync(
      file,
      `#!/bin/sh\ntold=$(env | grep ^CRYPTOSYNC_ | sort)\nprintf '%s\\n.\\n' "$told" >>${notes}\n${script}\n`,
    );
    chmodSync(file, 0o755);
    return [file];
  };
  const further: { event: string; run: Run; end?: RunEnd }[] = [];
  const observer: RunObserver = {
    began: (run) => void further.push({ event: 'began', run }),
    ended: (run, end) => void further.push({ event: 'ended', run, end }),
    recovered: (run, end) => void further.push({ event: 'recovered', run, end }),
  };
  const base = contextFor(directory);
  const watching: Watching = {
    config: {
      hooks: {
        before: hook('before', `exit $(cat ${directory}/exit 2>/dev/null || echo 0)`),
        after: hook('after'),
        onFailure: hook('onFailure'),
        onRecovered: hook('onRecovered'),
      },
      pingUrl: `${server.url}/hc/{client}`,
      ntfyUrl: `${server.url}/ntfy`,
      webhookUrl: `${server.url}/hook?token=x`,
      ...more,
    },
    root: directory,
    version: '0.0.0',
    environment: { PATH: process.env['PATH'], HOME: '/root' },
    further: [observer],
  };
  const layout = profileLayout(directory, parseClientId('client1'), parseProfileName('default'));
  const context = { ...base, watching };
  const run = async (outcome: string, error?: ErrorCode, operation = 'sync'): Promise<string> => {
    try {
      await recorded(
        context,
        { layout, operation },
        async () => {
          if (error === 'UNEXPECTED') throw new Error('a bug');
          if (error === 'INTERRUPTED') throw new CryptosyncError(error, 'by SIGTERM');
        },
        () => ({ outcome, did: 'this and that', facts, error: error && new CryptosyncError(error, 'why') }),
      );
      return 'done';
    } catch (thrown) {
      return (thrown as CryptosyncError).code;
    }
  };
  /** What each hook was given, in order. */
  const hooks = (): Record<string, string>[] =>
    !existsSync(notes)
      ? []
      : readFileSync(notes, 'utf8')
          .split('.\n')
          .filter((text) => text.trim() !== '')
          .map((text) =>
            Object.fromEntries(
              text
                .trim()
                .split('\n')
                .map((line) => [
                  line.slice('CRYPTOSYNC_'.length, line.indexOf('=')),
                  line.slice(line.indexOf('=') + 1),
                ]),
            ),
          );
  const ledger = () =>
    readFileSync(layout.ledger, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  return { ...context, layout, run, hooks, ledger, further, hook, directory };
}

/** What is expected of each observer: whom the table names last is told last. */
interface Row {
  readonly name: string;
  readonly outcome: string;
  readonly error?: ErrorCode;
  /** What `before` exits with. */
  readonly before?: number;
  readonly result: RunEnd['result'];
  readonly kept: string;
  readonly level: string;
  readonly hooks: readonly string[];
  readonly healthchecks: readonly string[];
  readonly ntfy: number;
  readonly webhook: readonly string[];
}

const failing = ['before', 'after', 'onFailure'];
const row = (name: string, error: ErrorCode, result: Row['result'], end: string, kept = 'failed'): Row => ({
  ...{ name, outcome: kept, error, result, kept, level: 'ERROR', hooks: failing },
  ...{ healthchecks: ['/start', end], ntfy: 1, webhook: ['started', 'ended'] },
});
const rows: readonly Row[] = [
  {
    ...{ name: 'in order', outcome: 'synced', result: 'ok', kept: 'synced', level: 'INFO' },
    ...{ hooks: ['before', 'after'], healthchecks: ['/start', ''], ntfy: 0, webhook: ['started', 'ended'] },
  },
  row('a failure', 'REMOTE_UNREACHABLE', 'failed', '/14'),
  row('damage that was found', 'VERIFY_FAILED', 'failed', '/16'),
  row('a refusal', 'DELETE_LIMIT', 'refused', '/15', 'refused'),
  row('an interruption', 'INTERRUPTED', 'interrupted', '/130', 'interrupted'),
  row('a bug', 'UNEXPECTED', 'unexpected', '/1'),
  {
    ...row('a lock that is taken', 'LOCKED', 'skipped', '/log'),
    ...{ level: 'WARN', hooks: ['before', 'after'], ntfy: 0 },
  },
  {
    ...row('put off by before', 'SKIPPED', 'skipped', '', 'skipped'),
    ...{ before: 75, level: 'WARN', hooks: ['before'], healthchecks: [], ntfy: 0, webhook: [] },
  },
  {
    ...row('failed by before', 'HOOK_FAILED', 'failed', '/14'),
    ...{ before: 3, hooks: ['before', 'onFailure'], healthchecks: ['/14'], webhook: ['ended'] },
  },
];

describe('a run that ends', () => {
  let scene: ReturnType<typeof watched>;
  beforeEach(() => {
    scene = watched(scratchDirectory());
  });

  it.each(rows)('with $name is told to each observer', async (expected) => {
    const first = server.pings.length;
    if (expected.before !== undefined) writeFileSync(`${scene.directory}/exit`, String(expected.before));
    const code = await scene.run(expected.outcome, expected.error);
    const isThrown =
      expected.before !== undefined || ['UNEXPECTED', 'INTERRUPTED'].includes(expected.error ?? '');
    expect(code).toBe(isThrown ? expected.error : 'done');

    const [began, ended] = scene.ledger();
    const { run } = began;
    expect(began).toMatchObject({ event: 'started', operation: 'sync' });
    expect(ended).toMatchObject({ run, event: 'ended', outcome: expected.kept, durationMs: 0 });
    expect([ended.error, ended.exitCode]).toEqual(
      expected.error === undefined
        ? [undefined, undefined]
        : [expected.error, new CryptosyncError(expected.error, '').exit],
    );
    expect(scene.logged).toHaveLength(2);
    expect(scene.logged[1]).toMatch(`${expected.level} client1/default: sync ended: ${expected.kept}`);

    expect(scene.hooks().map(({ HOOK }) => HOOK)).toEqual(expected.hooks);
    const about = { CLIENT: 'client1', PROFILE: 'default', OPERATION: 'sync', RUN_ID: run };
    for (const given of scene.hooks()) expect(given).toMatchObject(about);
    for (const given of scene.hooks().filter(({ HOOK }) => HOOK !== 'before')) {
      expect(given).toMatchObject({
        RESULT: expected.result,
        EXIT_CODE: String(expected.error === undefined ? 0 : new CryptosyncError(expected.error, '').exit),
        ...(expected.error === undefined ? {} : { ERROR: expected.error }),
        ...(isThrown ? {} : { FILES: '3', BYTES: '42', GENERATION: '7', REMOTE: 'r:p' }),
      });
    }

    const pings = server.pings.slice(first);
    expect(pings.filter(({ method }) => method !== 'POST')).toEqual([]);
    const rid = `?rid=00000000-0000-8000-8000-${run}`;
    expect(pings.map(({ path }) => path).filter((path) => path.startsWith('/hc/'))).toEqual(
      expected.healthchecks.map((end) => `/hc/client1${end}${rid}`),
    );
    expect(pings.filter(({ path }) => path === '/ntfy')).toHaveLength(expected.ntfy);
    const documents = pings
      .filter(({ path }) => path === '/hook?token=x')
      .map(({ body }) => JSON.parse(body));
    expect(documents.map(({ event }) => event)).toEqual(expected.webhook);
    for (const document of documents) expect(document).toMatchObject({ run, client: 'client1' });
    if (documents.at(-1)?.event === 'ended')
      expect(documents.at(-1)).toMatchObject({ result: expected.result, error: expected.error ?? null });
    // nothing of the log goes anywhere unasked
    expect(pings.filter(({ body }) => /why|this and that/.test(body))).toEqual([]);

    expect(scene.further.map(({ event }) => event)).toEqual(
      expected.before === undefined ? ['began', 'ended'] : ['ended'],
    );
    expect(scene.further.at(-1)?.end?.result).toBe(expected.result);
    expect(scene.warnings).toEqual([]);
  });

  it('with pingDetails tells what the log says', async () => {
    const talkative = watched(scratchDirectory(), { pingDetails: true });
    const first = server.pings.length;
    await talkative.run('failed', 'SYNC_FAILED');
    const bodies = server.pings.slice(first).map(({ body }) => body);
    expect(bodies.filter((body) => body.includes('failed: this and that: SYNC_FAILED why'))).toHaveLength(3);
  });

  it('in order after one that was not is told as a recovery, once, and what was put off in between is nothing', async () => {
    const recoveries = () => scene.hooks().filter(({ HOOK }) => HOOK === 'onRecovered').length;
    await scene.run('synced');
    expect(recoveries()).toBe(0);
    await scene.run('failed', 'SYNC_FAILED');
    await scene.run('failed', 'LOCKED');
    await scene.run('verified', undefined, 'verify');
    expect(recoveries()).toBe(0);
    const first = server.pings.length;
    await scene.run('synced');
    expect(recoveries()).toBe(1);
    expect(scene.further.filter(({ event }) => event === 'recovered')).toHaveLength(1);
    const told = server.pings.slice(first);
    expect(told.filter(({ path, body }) => path === '/ntfy' && body.includes('in order again'))).toHaveLength(
      1,
    );
    expect(told.filter(({ body }) => body.includes('"event":"recovered"'))).toHaveLength(1);
    await scene.run('synced');
    expect(recoveries()).toBe(1);
  });

  it('as another operation than those that are watched is told to nobody outside', async () => {
    const first = server.pings.length;
    await scene.run('mounted', undefined, 'mount');
    expect([scene.hooks(), server.pings.slice(first)]).toEqual([[], []]);
    const chosen = watched(scratchDirectory(), { pingFor: ['mount'] });
    await chosen.run('mounted', undefined, 'mount');
    await chosen.run('synced');
    const paths = server.pings.slice(first).map(({ path }) => path.split('?')[0]);
    expect(paths).toEqual(['/hc/client1/start', '/hook', '/hc/client1', '/hook']);
  });

  it('of a tenant’s session is told to no observer of the state of a vault', async () => {
    const { directory, layout, further } = scene;
    const session = { client: layout.client, directory, ledger: layout.ledger, profile: 'session' } as const;
    await recorded(
      scene,
      { layout: session, operation: 'sync' },
      async () => 1,
      () => ({ outcome: 'synced' }),
    );
    expect(scene.ledger()).toHaveLength(2);
    expect(further).toEqual([]);
  });

  it('within a hook starts no further hook', async () => {
    const inner = watched(scratchDirectory());
    const watching = {
      ...inner.watching,
      environment: { ...inner.watching.environment, CRYPTOSYNC_HOOK: 'after' },
    };
    await recorded(
      { ...inner, watching },
      { layout: inner.layout, operation: 'sync' },
      async () => 1,
      () => ({ outcome: 'synced' }),
    );
    expect(inner.hooks()).toEqual([]);
  });

  it('twice at once is told twice, and each by its own id', async () => {
    await Promise.all([scene.run('synced'), scene.run('failed', 'SYNC_FAILED')]);
    const ids = new Set(scene.ledger().map(({ run }) => run));
    expect(ids.size).toBe(2);
    const ended = scene.hooks().filter(({ HOOK }) => HOOK === 'after');
    expect(new Set(ended.map(({ RUN_ID }) => RUN_ID))).toEqual(ids);
  });
});
