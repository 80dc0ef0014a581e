/** Hooks and servers as they are on bad days: what they do changes nothing of the run but what `before` may. */
import { chmodSync, chownSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { profileLayout } from '../../../src/clients/layout.ts';
import { parseClientId, parseProfileName } from '../../../src/clients/names.ts';
import type { HooksConfig } from '../../../src/clients/watching/schema.ts';
import type { Run, RunEnd } from '../../../src/runs/observer.ts';
import { pingObserver } from '../../../src/runs/observers/pings.ts';
import { recorded } from '../../../src/runs/recorded.ts';
import { CryptosyncError } from '../../../src/system/errors.ts';
import { contextFor } from '../../support/context.ts';
import { isAlive, waitUntil } from '../../support/machine.ts';
import { type Manner, type PingServer, startPingServer } from '../../support/ping-server.ts';
import { scratchDirectory } from '../../support/scratch.ts';

/** A client, and a script in its directory. */
function scene(script: string) {
  const directory = scratchDirectory();
  const file = `${directory}/hook`;
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  const layout = profileLayout(directory, parseClientId('client1'), parseProfileName('default'));
  const base = contextFor(directory);
  const run = async (hooks: HooksConfig, signal?: AbortSignal): Promise<string> => {
    const environment = { PATH: process.env['PATH'], HOME: directory, CRYPTOSYNC_PASSWORD: 'hidden' };
    const watching = {
      ...{ config: { hooks }, root: directory, version: '0.0.0', environment, signal, further: [] },
    };
    try {
      await recorded(
        { ...base, watching },
        { layout, operation: 'sync' },
        async () => 1,
        () => ({ outcome: 'synced' }),
      );
      return 'synced';
    } catch (error) {
      return `${(error as CryptosyncError).code} ${(error as CryptosyncError).message}`;
    }
  };
  return { directory, file, run, warnings: base.warnings };
}

type Scene = ReturnType<typeof scene>;

interface Difficulty {
  readonly name: string;
  readonly script?: string;
  readonly prepare?: (one: Scene) => void;
  readonly hooks?: (one: Scene) => readonly string[];
  readonly deadline?: string;
  /** What is told of it. */
  readonly why: RegExp;
  /** What `before` ends with. */
  readonly code?: string;
}

const difficulties: readonly Difficulty[] = [
  { name: 'hangs', script: 'sleep 60', deadline: '200ms', why: /did not end in time/ },
  {
    name: 'does not listen, and neither do its children',
    script: `trap '' TERM\n(trap '' TERM; echo $$ >"$0.pids"; sh -c 'echo $PPID' >>"$0.pids"; while :; do sleep 1; done) &\nwhile :; do sleep 1; done`,
    deadline: '200ms',
    why: /did not end in time/,
  },
  {
    name: 'prints megabytes, and ends badly',
    script: 'head -c 40000000 /dev/zero | tr "\\0" x\necho no such luck >&2\nexit 4',
    why: /no such luck/,
  },
  { name: 'says nothing, and ends badly', script: 'exit 9', why: /exit 9/ },
  { name: 'is killed', script: 'kill -KILL $$', why: /SIGKILL/ },
  { name: 'is not executable', prepare: ({ file }) => chmodSync(file, 0o644), why: /EACCES/ },
  { name: 'is gone', hooks: ({ directory }) => [`${directory}/gone`], why: /there is no / },
  {
    name: 'belongs to somebody else',
    prepare: ({ file }) => chownSync(file, 65_534, 65_534),
    why: /belongs to/,
    code: 'CONFIG_INVALID',
  },
  {
    name: 'can be written by others',
    prepare: ({ file }) => chmodSync(file, 0o777),
    why: /can be written/,
    code: 'CONFIG_INVALID',
  },
  {
    name: 'is a shell that is given a script of somebody else',
    prepare: ({ file }) => chownSync(file, 65_534, 65_534),
    hooks: ({ file }) => ['/bin/sh', file],
    why: /belongs to/,
    code: 'CONFIG_INVALID',
  },
];

describe('a hook that', () => {
  it.each(difficulties)(
    '$name is told, and fails the run only as before',
    async (difficulty) => {
      const { script = 'exit 0', prepare, why, code = 'HOOK_FAILED' } = difficulty;
      const one = scene(script);
      prepare?.(one);
      const program = difficulty.hooks?.(one) ?? [one.file];
      const deadline = difficulty.deadline ?? '1m';
      const left = (): number[] =>
        existsSync(`${one.file}.pids`)
          ? readFileSync(`${one.file}.pids`, 'utf8').trim().split('\n').map(Number).filter(isAlive)
          : [];

      expect(await one.run({ after: [...program], deadline })).toBe('synced');
      expect(one.warnings).toEqual([expect.stringMatching(/^the hook after of client1\/default failed: /)]);
      expect(one.warnings[0]).toMatch(why);
      expect(one.warnings[0]?.length).toBeLessThan(400);
      expect(await waitUntil(() => left().length === 0, 2000)).toBe(true);

      const outcome = await one.run({ before: [...program], deadline });
      expect(outcome.slice(0, outcome.indexOf(' '))).toBe(code);
      expect(outcome).toMatch(why);
      expect(await waitUntil(() => left().length === 0, 2000)).toBe(true);
    },
    60_000,
  );

  it('is at work when the run is interrupted is ended with what it started, and so is the run', async () => {
    const one = scene('sleep 60 &\necho $$ $! >"$0.pids"\nwait');
    const interruption = new AbortController();
    const running = one.run({ before: [one.file] }, interruption.signal);
    const pids = (): number[] =>
      existsSync(`${one.file}.pids`)
        ? readFileSync(`${one.file}.pids`, 'utf8').trim().split(' ').map(Number)
        : [];
    expect(await waitUntil(() => pids().length === 2, 10_000)).toBe(true);
    interruption.abort(new CryptosyncError('INTERRUPTED', 'by SIGTERM'));
    expect(await running).toBe('INTERRUPTED by SIGTERM');
    expect(await waitUntil(() => !pids().some(isAlive), 2000)).toBe(true);
  });

  it('is run after an interruption is run all the same', async () => {
    const one = scene('touch "$0.ran"');
    const interruption = new AbortController();
    interruption.abort(new CryptosyncError('INTERRUPTED', 'by SIGTERM'));
    await one.run({ before: ['/bin/true'], onFailure: [one.file] }, interruption.signal);
    expect(existsSync(`${one.file}.ran`)).toBe(true);
  });

  it('looks around finds no secret of ours in its environment', async () => {
    const one = scene('env >"$0.env"');
    await one.run({ before: [one.file] });
    expect(readFileSync(`${one.file}.env`, 'utf8')).toContain('CRYPTOSYNC_HOOK=before');
    expect(readFileSync(`${one.file}.env`, 'utf8')).not.toContain('hidden');
  });
});

describe('a server that is told of a run', () => {
  let server: PingServer;
  beforeAll(async () => {
    server = await startPingServer();
  });
  afterAll(() => server.close());

  const run: Run = { id: '0123456789ab', subject: 'client1/default', operation: 'sync', facts: {} };
  const end: RunEnd = { result: 'ok', outcome: 'synced', exitCode: 0, durationMs: 1 };
  const patience = { deadline: 150, pauses: [10, 10] };

  /** @returns what was warned of, when a run's end is told. */
  async function told(manners: readonly Manner[], address = `${server.url}/secret-path`, after = end) {
    const warnings: string[] = [];
    const directory = scratchDirectory();
    const watching = { config: {}, root: directory, version: '0', environment: {}, further: [] };
    const warn = (text: string) => void warnings.push(text);
    server.behave(...manners);
    const observer = pingObserver({ pingUrl: address }, { watching, warn }, patience);
    const before = server.pings.length;
    await observer.ended?.(run, after);
    return { warnings, tries: server.pings.length - before };
  }

  it.each([
    { name: 'is silent', manners: ['silent'], why: 'it did not answer in time', tries: 3 },
    { name: 'fails', manners: [500], why: 'HTTP 500', tries: 3 },
    { name: 'hangs up', manners: ['reset'], why: /ECONNRESET|UND_ERR_SOCKET/, tries: 3 },
    { name: 'knows no such check', manners: [404], why: 'HTTP 404', tries: 1 },
    { name: 'leads elsewhere', manners: ['redirect'], why: 'it leads elsewhere', tries: 1 },
    { name: 'wants some time', manners: [429, 503, 200], why: undefined, tries: 3 },
    { name: 'hangs up once', manners: ['reset', 200], why: undefined, tries: 2 },
  ] as const)('and $name is asked $tries times, and warned of once', async ({ manners, why, tries }) => {
    const result = await told(manners);
    expect(result.tries).toBe(tries);
    expect(result.warnings).toEqual(
      why === undefined
        ? []
        : [expect.stringMatching(/^pingUrl of client1\/default could not be told of sync: /)],
    );
    if (why !== undefined) expect(result.warnings[0]).toMatch(why);
    expect(result.warnings.join()).not.toContain('secret-path');
  });

  it('and is not there is warned of, without its address', async () => {
    const gone = await startPingServer();
    await gone.close();
    const { warnings } = await told([200], `${gone.url}/secret-path`);
    expect(warnings).toEqual([expect.stringMatching(/ECONNREFUSED$/)]);
  });

  it('and wants a user gets it as HTTP has it, and not in the address', async () => {
    const address = server.url.replace('//', '//user:p%40ss@');
    await told([200], `${address}/topic/?create=1`);
    const ping = server.pings.at(-1);
    expect(ping?.headers['authorization']).toBe(`Basic ${Buffer.from('user:p@ss').toString('base64')}`);
    expect(ping?.path).toBe('/topic?create=1&rid=00000000-0000-8000-8000-0123456789ab');
  });

  it('and is silent when somebody has interrupted the run is asked once', async () => {
    const interrupted: RunEnd = {
      result: 'interrupted',
      outcome: 'interrupted',
      exitCode: 130,
      durationMs: 1,
    };
    expect((await told(['silent'], undefined, interrupted)).tries).toBe(1);
  });
});
