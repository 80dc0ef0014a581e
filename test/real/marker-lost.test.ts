/** A place whose marker is torn, gone or a newer program's: whoever asks for the newest state is told what it is not. */
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createInstallation, type Installation } from '../support/installation.ts';
import { snapshotOf } from '../support/machines.ts';
import { writeFiles } from '../support/tree.ts';

const rewritten = (file: string, change: (text: string) => string): void =>
  writeFileSync(file, change(readFileSync(file, 'utf8')));

/** What becomes of the marker, and what it is called then. */
const harms: readonly [what: string, harm: (file: string) => void, told: string][] = [
  ['cut short', (file) => truncateSync(file, 200), 'is torn'],
  ['empty', (file) => truncateSync(file, 0), 'is torn'],
  ['something else', (file) => writeFileSync(file, '<html>'), 'is torn'],
  ['gone', (file) => rmSync(file), 'is gone'],
];

describe('a marker that is lost after the second generation', () => {
  let installation: Installation;
  let setBack: () => void;
  const remote = (): string => installation.path('remote');
  const marker = (): string => join(remote(), '.cryptosync/marker.json');
  const state = (): string => join(installation.root, 'client1/cryptosync/state');
  const run = (...args: readonly string[]) =>
    installation.cryptosync([...args, '--client', 'client1', '--json']);
  beforeAll(async () => {
    installation = createInstallation();
    writeFiles(installation.path('source'), { a: 'first' });
    const remoteOptions = ['--remote-type', 'local', '--remote-path', remote()];
    const source = ['--source', installation.path('source'), '--allow-outside', '--plaintext'];
    expect((await run('install', ...remoteOptions, ...source, '--no-links')).exitCode).toBe(0);
    expect((await run('sync')).exitCode).toBe(0);
    writeFiles(installation.path('source'), { b: 'second' });
    expect((await run('sync')).exitCode).toBe(0);
    cpSync(state(), installation.path('kept'), { recursive: true, preserveTimestamps: true });
    setBack = snapshotOf(remote());
  });
  afterAll(() => installation.cleanUp());
  beforeEach(() => {
    setBack();
    for (const path of [state(), installation.path('back')]) rmSync(path, { recursive: true, force: true });
    cpSync(installation.path('kept'), state(), { recursive: true, preserveTimestamps: true });
  });
  const loseState = (): void => {
    for (const name of readdirSync(state()))
      if (name.startsWith('record-')) rmSync(join(state(), name), { recursive: true });
  };

  /** As a snapshot of the first generation would have it. */
  const putBack = (): void => {
    const begun = join(remote(), '.cryptosync/in-progress.json');
    const { base } = JSON.parse(readFileSync(begun, 'utf8'));
    writeFileSync(marker(), JSON.stringify(base));
    rmSync(begun);
  };

  it.each(harms)('and is %s, is damage to a check on a machine that knows of none', async (_, harm, told) => {
    loseState();
    harm(marker());
    const { exitCode, json } = await run('verify');
    expect(exitCode).toBe(16);
    expect(json.results).toMatchObject([
      {
        outcome: 'damaged',
        damaged: [{ path: '.cryptosync/marker.json', damage: 'manifest' }],
        error: { message: expect.stringContaining(told), hint: expect.stringContaining('The next sync') },
      },
    ]);
  });

  it('and is that of the first is told with what helps then', async () => {
    putBack();
    const { exitCode, json } = await run('verify');
    expect(exitCode).toBe(16);
    expect(json.results[0].error).toMatchObject({
      message: expect.stringContaining('it was set back or wiped'),
      hint: expect.stringContaining('cryptosync sync --take-over'),
    });
  });

  describe.each([
    ['all of it', []],
    ['a file', ['--path', 'a']],
  ] as const)('makes a restore of %s', (_, which) => {
    const restore = () => run('restore', ...which, '--to', installation.path('back'));

    it.each(harms)('where it is %s tell that there may have been later ones', async (_, harm, told) => {
      loseState();
      harm(marker());
      const { exitCode, json, stderr } = await restore();
      expect(exitCode).toBe(0);
      expect(json.restored).toMatchObject([{ generation: 1 }]);
      expect(stderr).toContain(`${told}: generation 1 of`);
    });

    it('tell of a later one that this machine knows of', async () => {
      rmSync(marker());
      expect((await restore()).stderr).toMatch(
        /is gone: generation 1 of .* generation 2 was committed there at/,
      );
    });

    it('tell that the remote was set back, where this machine knows of a later one', async () => {
      putBack();
      const { stderr } = await restore();
      expect(stderr).toMatch(
        /was set back: generation 2 was committed there at .* generation 1 of .* is the newest now/,
      );
    });

    it('tell of a run that did not end, but not of one that did', async () => {
      loseState();
      expect((await restore()).stderr).not.toMatch(/warning/i);
      rmSync(installation.path('back'), { recursive: true });
      const { begun } = { begun: join(remote(), '.cryptosync/in-progress.json') };
      rewritten(begun, (text) =>
        JSON.stringify({
          ...JSON.parse(text),
          generation: 3,
          base: JSON.parse(readFileSync(marker(), 'utf8')),
        }),
      );
      expect((await restore()).stderr).toMatch(/a run that began at .* has not ended in .* generation 2 of/);
    });

    it('say nothing of it where a generation is named', async () => {
      rmSync(marker());
      const { exitCode, stderr } = await run(
        'restore',
        ...which,
        '--generation',
        '1',
        '--to',
        installation.path('back'),
      );
      expect([exitCode, stderr]).toEqual([0, expect.not.stringMatching(/warning/i)]);
    });
  });

  it.each([
    ['sync', ['sync']],
    ['sync, to take over', ['sync', '--take-over']],
    ['download', ['sync', '--direction', 'download', '--force']],
    ['sync both ways', ['sync', '--direction', 'bidirectional']],
    ['verify', ['verify']],
    ['repair', ['verify', '--repair']],
    ['generations', ['generations']],
    ['restore', ['restore', '--to', 'back']],
    ['restore a file', ['restore', '--path', 'a', '--to', 'back']],
  ] as const)('is refused and left alone by %s where a newer program wrote it', async (_, args) => {
    for (const file of ['marker.json', 'in-progress.json']) {
      setBack();
      rewritten(join(remote(), '.cryptosync', file), (text) => text.replace('"version": 2', '"version": 3'));
      const before = readFileSync(marker(), 'utf8');
      const given = args.map((arg) => (arg === 'back' ? installation.path('back') : arg));
      const { exitCode, json } = await run(...given);
      const error = json.error ?? json.results[0].error;
      expect([exitCode, error]).toEqual([
        11,
        expect.objectContaining({
          code: 'TOOL_TOO_OLD',
          message: expect.stringContaining('newer cryptosync'),
        }),
      ]);
      expect(readFileSync(marker(), 'utf8')).toBe(before);
      expect(existsSync(installation.path('back'))).toBe(false);
    }
  });

  it('is no matter for paths of which one lies in another: they come back once', async () => {
    const { exitCode, json } = await run(
      'restore',
      '--path',
      'a',
      '--path',
      './a',
      '--to',
      installation.path('back'),
    );
    expect([exitCode, json.restored]).toMatchObject([0, [{ paths: ['a'] }]]);
  });
});
