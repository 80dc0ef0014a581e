import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeContext, silentLog, systemClock } from '../../../src/index.ts';
import { fixedTime } from '../../support/context.ts';

const directory = mkdtempSync(join(tmpdir(), 'cryptosync-context-'));
afterAll(() => rmSync(directory, { recursive: true }));
const settings = join(directory, 'config.json');
writeFileSync(settings, JSON.stringify({ root: '/of/settings', logFile: join(directory, 'settings.log') }));
const noSettings = { CRYPTOSYNC_CONFIG: join(directory, 'none.json') };
const version = '1';

describe('the root of a context', () => {
  it.each([
    [
      'what was chosen',
      '/chosen',
      { CRYPTOSYNC_ROOT: '/of/environment', CRYPTOSYNC_CONFIG: settings },
      '/chosen',
    ],
    [
      'else the environment',
      undefined,
      { CRYPTOSYNC_ROOT: '/of/environment', CRYPTOSYNC_CONFIG: settings },
      '/of/environment',
    ],
    ['else the settings', undefined, { CRYPTOSYNC_ROOT: '', CRYPTOSYNC_CONFIG: settings }, '/of/settings'],
    ['else the default', undefined, noSettings, '/opt/agency_stack/clients'],
  ] as const)('is %s', (_, root, environment, expected) => {
    expect(makeContext({ version, root, environment, log: silentLog }).root).toBe(expected);
  });
});

describe('a context', () => {
  it('is what a program chose, and the rest as the command line has it', () => {
    const signal = new AbortController().signal;
    const clock = { now: () => fixedTime };
    const warn = (): void => {};
    const chosen = { version, environment: noSettings, userId: 1234, clock, log: silentLog, signal, warn };
    const { watching, ...made } = makeContext({ ...chosen, root: directory });
    expect(made).toEqual({ ...chosen, root: directory });
    expect(watching).toEqual({
      ...{ config: {}, root: directory, version, environment: noSettings, signal, further: [] },
    });
    const { clock: own, userId, environment } = makeContext({ version, log: silentLog });
    expect({ own, userId, environment }).toEqual({
      own: systemClock,
      userId: process.getuid?.(),
      environment: process.env,
    });
  });

  it('logs to the file that was chosen, else to the one of the settings, with its own clock', () => {
    const clock = { now: () => fixedTime };
    const environment = { CRYPTOSYNC_CONFIG: settings };
    makeContext({ version, environment, clock }).log.write('INFO', 'by settings');
    makeContext({ version, environment, clock, logFile: join(directory, 'own.log') }).log.write(
      'INFO',
      'by choice',
    );
    expect(readFileSync(join(directory, 'settings.log'), 'utf8')).toMatch(
      /^\[2026-01-3.*\] \[INFO\] by settings\n$/,
    );
    expect(readFileSync(join(directory, 'own.log'), 'utf8')).toMatch(/ by choice\n$/);
  });
});
