/** The log in the journal: what comes to its socket, and what becomes of the log where there is none. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { type Installation, it } from '../../support/installation.ts';
import { ownMounts } from '../../support/mount-namespace.ts';
import { program } from '../../support/running-command.ts';
import { installVault } from '../../support/vault.ts';

const receiver = fileURLToPath(new URL('../../support/journal.py', import.meta.url));

/** Runs the command where a journal is. @returns its exit code, what it said, and what the journal got */
async function withJournal(installation: Installation, args: readonly string[]) {
  const kept = installation.path('journal.jsonl');
  writeFileSync(kept, '');
  const words = [...ownMounts(), 'python3', receiver, kept, process.execPath, program, ...args];
  const { environment } = installation;
  const { exitCode, stderr } = await installation.runProgram('unshare', words, { environment });
  const entries = readFileSync(kept, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Record<string, string> => JSON.parse(line));
  return { exitCode, stderr, entries };
}

const lines = (installation: Installation): string[] =>
  existsSync(installation.logFile) ? readFileSync(installation.logFile, 'utf8').split('\n').slice(0, -1) : [];

it('a run is told with fields of its own, by flag and by setting, and not in the file', async ({
  installation,
}) => {
  const vault = await installVault(installation);
  await vault.put({ 'a.txt': 'a' });
  const before = lines(installation).length;
  const synced = await withJournal(installation, ['sync', '-c', 'client1', '--log', 'journal']);
  expect([synced.exitCode, synced.stderr]).toEqual([0, '']);
  const [run] = vault.ledger().slice(-1);
  const about = {
    SYSLOG_IDENTIFIER: 'cryptosync',
    SYSLOG_PID: expect.stringMatching(/^\d+$/),
    CRYPTOSYNC_CLIENT: 'client1',
    CRYPTOSYNC_PROFILE: 'default',
    CRYPTOSYNC_OPERATION: 'sync',
    CRYPTOSYNC_RUN_ID: run.run,
  };
  expect(synced.entries).toMatchObject([
    { ...about, PRIORITY: '6', MESSAGE: expect.stringMatching(/^client1\/default: sync begins: upload to /) },
    {
      ...about,
      ...{ PRIORITY: '6', MESSAGE: expect.stringMatching(/^client1\/default: sync ended: synced: /) },
      ...{ CRYPTOSYNC_RESULT: 'ok', CRYPTOSYNC_OUTCOME: 'synced', CRYPTOSYNC_EXIT_CODE: '0' },
      ...{ CRYPTOSYNC_FILES: String(run.filesTransferred), CRYPTOSYNC_GENERATION: '1' },
    },
  ]);
  expect(lines(installation)).toHaveLength(before);

  await installation.cryptosync(['config', 'set', 'log', 'journal', '--global']);
  const { CRYPTOSYNC_LOG: _, ...environment } = installation.environment;
  const failed = await withJournal({ ...installation, environment }, ['mount', '-c', 'nobody']);
  expect(failed.exitCode).toBe(10);
  expect(failed.entries).toMatchObject([
    { PRIORITY: '3', MESSAGE: expect.stringMatching(/^nobody\/default: mount failed: CLIENT_NOT_FOUND /) },
  ]);
});

it('where there is no journal, that is told once, and the log goes to its file', async ({ installation }) => {
  const vault = await installVault(installation);
  const before = lines(installation).length;
  // a /run without one, whatever this machine has
  const words = [...ownMounts('mount -t tmpfs none /run'), process.execPath, program];
  const { environment } = installation;
  const result = await installation.runProgram(
    'unshare',
    [...words, 'sync', '-c', vault.client, '--log', 'journal'],
    { environment },
  );
  expect(result.exitCode).toBe(0);
  expect(result.stderr.match(/warning: .*the journal can't be written/g)).toHaveLength(1);
  const written = lines(installation).slice(before);
  expect(written).toEqual([
    expect.stringMatching(/\[INFO\] client1\/default: sync begins/),
    expect.stringMatching(/\[INFO\] client1\/default: sync ended: /),
  ]);
});

it('a name of a file begins no field of the journal', async ({ installation }) => {
  const named = 'x\nCRYPTOSYNC_RESULT=forged\nPRIORITY=0';
  const result = await withJournal(installation, ['mount', '-c', named, '--log', 'journal']);
  expect(result.exitCode).toBe(2);
  expect(result.entries).toHaveLength(1);
  expect(result.entries[0]).toMatchObject({ PRIORITY: '3' });
  expect(result.entries[0]).not.toHaveProperty('CRYPTOSYNC_RESULT');
});
