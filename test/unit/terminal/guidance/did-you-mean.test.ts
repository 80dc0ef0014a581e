import { describe, expect, it } from 'vitest';
import { nearestFlags, nearestTo, unknownCommand } from '../../../../src/terminal/guidance/did-you-mean.ts';

describe('the nearest name', () => {
  const known = ['status', 'sync', 'config', 'config get', 'config set', 'session list', 'unmount', 'mount'];

  it.each([
    ['statsu', ['status']],
    ['STATUS', ['status']],
    ['sesion list', ['session list']],
    ['config gett', ['config get']],
    // one letter from both
    ['config zet', ['config get', 'config set']],
    ['sta', ['status']],
    ['umount', ['unmount', 'mount']],
    ['restore', []],
    ['config shwo', []],
    ['', []],
  ])('to %j is %j', (typed, expected) => {
    expect(nearestTo(typed, known)).toEqual(expected);
  });

  it('of a flag has its hyphens, aliases and negations, and is none that is hidden', () => {
    const flags = {
      'dry-run': {},
      links: { allowNo: true },
      client: { aliases: ['client-id'] },
      gone: { hidden: true },
    };
    expect(nearestFlags(['--dryrun'], flags)).toEqual(['--dry-run']);
    expect(nearestFlags(['--dry_run=yes'], flags)).toEqual(['--dry-run']);
    expect(nearestFlags(['--nolinks'], flags)).toEqual(['--no-links']);
    expect(nearestFlags(['--clientid', '--lniks'], flags)).toEqual(['--client-id', '--links']);
    expect(nearestFlags(['--gonne', '-x'], flags)).toEqual([]);
  });

  it('of a command that takes no words is the command, and what stands behind it is told nowhere', () => {
    for (const command of ['status', 'config get', 'session list']) {
      const { message, advice } = unknownCommand(`${command} hunter2`, known);
      expect([message, advice]).toEqual([
        `${command} takes no words behind it, only flags`,
        { to: 'give-by-flag', command },
      ]);
    }
  });

  it('of a topic is told as what there is of it', () => {
    expect(unknownCommand('config shwo', known).advice).toEqual({
      to: 'choose-command',
      topic: 'config',
      commands: ['config get', 'config set'],
    });
    // what stands behind the name may be a secret in the wrong place: it is in no advice
    expect(unknownCommand('statsu hunter2', known).advice).toEqual({
      to: 'did-you-mean-command',
      nearest: ['status'],
    });
  });
});
