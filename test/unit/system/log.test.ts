import { lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createFileLog, logPath } from '../../../src/system/log.ts';
import { scratchDirectory } from '../../support/scratch.ts';

const clock = { now: () => new Date(2026, 0, 31, 2, 0, 0) };

describe('the log', () => {
  it('has lines of time, level and message, in a file for the owner alone, in a directory that it makes', () => {
    const path = join(scratchDirectory(), 'a', 'b', 'cryptosync.log');
    const log = createFileLog(path, clock, () => expect.fail());
    log.write('INFO', 'client1/default: sync begins');
    log.write('ERROR', 'it failed');
    expect(readFileSync(path, 'utf8')).toBe(
      '[2026-01-31 02:00:00] [INFO] client1/default: sync begins\n[2026-01-31 02:00:00] [ERROR] it failed\n',
    );
    expect(lstatSync(path).mode & 0o777).toBe(0o600);
  });

  it('keeps a message on its line, so that a file name can forge none', () => {
    const path = join(scratchDirectory(), 'log');
    createFileLog(path, clock, () => {}).write('INFO', 'a\n[2026-01-31 02:00:00] [INFO] b\r\x1b[2J');
    expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(2);
    expect(readFileSync(path, 'utf8')).not.toContain('\x1b');
    expect(readFileSync(path, 'utf8')).toContain('\\x0d\\x1b[2J');
  });

  it('says once that it can not be written, and fails nobody', () => {
    const file = join(scratchDirectory(), 'file');
    writeFileSync(file, '');
    const said: string[] = [];
    const log = createFileLog(join(file, 'log'), clock, (reason) => said.push(reason));
    log.write('INFO', 'a');
    log.write('INFO', 'b');
    expect(said).toHaveLength(1);
    expect(said[0]).toContain(join(file, 'log'));
  });
});

describe('logPath', () => {
  it.each([
    ['the flag', { CRYPTOSYNC_LOG: '/e', HOME: '/h' }, 0, '/f', '/f'],
    ['the variable', { CRYPTOSYNC_LOG: '/e', HOME: '/h' }, 0, undefined, '/e'],
    [
      "the system's place for root",
      { CRYPTOSYNC_LOG: '', HOME: '/h' },
      0,
      undefined,
      '/var/log/agency_stack/components/cryptosync.log',
    ],
    ["a user's state directory", { XDG_STATE_HOME: '/s' }, 1000, undefined, '/s/cryptosync/cryptosync.log'],
    ["a user's home", { HOME: '/h' }, 1000, undefined, '/h/.local/state/cryptosync/cryptosync.log'],
    ['nowhere without a home', {}, 1000, undefined, undefined],
  ])('is %s', (_, environment, userId, flag, path) => {
    expect(logPath(environment, userId, flag)).toBe(path);
  });
});
