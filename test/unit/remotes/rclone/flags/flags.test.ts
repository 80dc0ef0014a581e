import { describe, expect, it } from 'vitest';
import { readTransferFlags, transferFlags } from '../../../../../src/remotes/rclone/flags/flags.ts';
import { refusalOf } from '../../../../support/refusal.ts';

describe("an operator's flags for rclone", () => {
  it.each([
    [[], []],
    [['--transfers=8'], ['--transfers=8']],
    [['--transfers', '8'], ['--transfers=8']],
    [['--fast-list'], ['--fast-list=true']],
    [
      ['--fast-list=false', '--use-mmap'],
      ['--fast-list=false', '--use-mmap=true'],
    ],
    [
      ['--user-agent', 'a b=c', '--fast-list', '--bind', '::1'],
      ['--user-agent=a b=c', '--fast-list=true', '--bind=::1'],
    ],
    [['--bind=backup.example'], ['--bind=backup.example']],
  ])('%j reach it as %j: always one word each', (words, flags) => {
    expect(readTransferFlags(words)).toEqual({ flags });
    expect(transferFlags(words)).toEqual(flags);
  });

  it.each([
    [['--user-agent'], /--user-agent has no value/],
    [['--user-agent', '--dry-run'], /--user-agent takes/],
    [['--user-agent', '--fast-list'], /--user-agent takes/],
    [['--user-agent=--dry-run'], /--user-agent takes/],
    [['--transfers', '--checkers', '8'], /--transfers takes/],
    [['--fast-list', 'true'], /not a flag/],
    [['--fast-list', 'false', '--transfers=8'], /not a flag/],
    [['--fast-list=perhaps'], /--fast-list takes true or false/],
    [['--transfers='], /--transfers takes/],
    [['--transfers', ''], /--transfers takes/],
    [['--transfers 8'], /--transfers and its value are two words/],
    [['--transfers=0'], /--transfers takes/],
    [['--transfers=1e3'], /--transfers takes/],
    [['--transfers=NaN'], /--transfers takes/],
    [['--bind=--config=/x'], /--bind takes/],
    [['--bind=a\nb'], /--bind takes/],
    [['--ca-cert=relative'], /--ca-cert takes an absolute path/],
    [['--s3-acl=public-read'], /--s3-acl takes/],
    [['--s3-storage-class=GLACIER'], /--s3-storage-class takes/],
    [['--dropbox-batch-mode=async'], /--dropbox-batch-mode takes/],
    [['8'], /not a flag/],
    [[''], /not a flag/],
    [['--'], /not a flag/],
    [['-'], /not a flag/],
    [['--constructor=1'], /--constructor is not a flag that is allowed/],
    [['--__proto__=1'], /--__proto__ is not a flag that is allowed/],
    [['--Transfers=8'], /--Transfers is not a flag that is allowed/],
  ])('%j is refused: the list is judged as rclone would read it', (words, why) => {
    expect(readTransferFlags(words)).toEqual({ problem: expect.stringMatching(why) });
    expect(refusalOf(() => transferFlags(words)).code).toBe('CONFIG_INVALID');
  });

  it.each([
    ...['--checksum', '-c', '--modify-window=1h', '--size-only', '--ignore-times', '--ignore-size'],
    ...['--ignore-existing', '--ignore-checksum', '--ignore-errors', '--ignore-case', '--update', '-u'],
    ...['--max-age=1d', '--min-age=1d', '--max-size=1M', '--min-size=1M', '--max-depth=1'],
    ...[
      '--max-transfer=1M',
      '--max-duration=1s',
      '--exclude=*',
      '--exclude-from=/x',
      '--exclude-if-present=x',
    ],
    ...['--delete-excluded', '--files-from=/x', '--files-from-raw=/x', '--no-traverse', '--compare-dest=/x'],
    ...['--copy-dest=/x', '--immutable', '--use-server-modtime', '--no-update-modtime', '--no-check-dest'],
    ...[
      '--drive-skip-gdocs',
      '--drive-skip-shortcuts',
      '--b2-versions',
      '--s3-versions',
      '--s3-version-at=1d',
    ],
    ...['--s3-no-head', '--refresh-times'],
  ])('%s is refused, and said to make rclone overlook files', (flag) => {
    const reading = readTransferFlags([flag]);
    const name = flag.replace(/=.*/, '');
    expect(reading).toEqual({
      problem: expect.stringContaining(`${name} is not a flag that is allowed here`),
    });
    expect(reading).toEqual({ problem: expect.stringMatching(/overlook files or edits; take it out$/) });
  });

  it.each([
    '--include=*',
    '--filter=- *',
    '--bwlimit=1M',
    '--dump=auth',
    '-vv',
    '--rc',
    '--dry-run',
    '-n',
    '-i',
  ])('%s is refused, and the reason told', (flag) => {
    const reading = readTransferFlags([flag]);
    expect(reading).toEqual({
      problem: expect.stringMatching(/is not a flag that is allowed here: .*; take/),
    });
  });

  it('tell nothing of a value: it may be a secret', () => {
    for (const words of [['--s3-secret-access-key=hunter2'], ['--user-agent', '-hunter2'], ['hunter2']])
      expect(JSON.stringify(readTransferFlags(words))).not.toContain('hunter2');
  });
});
