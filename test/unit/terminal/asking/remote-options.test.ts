import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readRemoteOptions, splitList } from '../../../../src/terminal/asking/remote-options.ts';
import { hintOf, refusalOf, rejectionOf } from '../../../support/refusal.ts';
import { scratchDirectory } from '../../../support/scratch.ts';

describe('a list of options', () => {
  it.each([
    ['', []],
    ['a=1', ['a=1']],
    ['a=1,b=2', ['a=1', 'b=2']],
    ['a=1, b=2 ,', ['a=1', ' b=2 ']],
    ['"a=1,5",b=2', ['a=1,5', 'b=2']],
    ['a="1,5",b=2', ['a=1,5', 'b=2']],
    ['"a=say ""hi"", twice",b=2', ['a=say "hi", twice', 'b=2']],
    ['a==,b=c=d', ['a==', 'b=c=d']],
    ["a='1,b=2'", ["a='1", "b=2'"]],
  ])('is split at its commas, not at those in quotes: %j', (text, pairs) => {
    expect(splitList(text)).toEqual(pairs);
  });

  it('with an open quote is refused', () => {
    expect(refusalOf(() => splitList('a="1,b=2'))).toMatchObject({ code: 'USAGE', exit: 2 });
  });
});

describe('the options of a remote', () => {
  it('are gathered from the list, the single ones and the file, the later winning', async () => {
    const file = join(scratchDirectory(), 'options');
    writeFileSync(file, '# secrets\n\n  pass = a,b="c"#d \r\nurl=from the file\nempty=\n');
    const read = await readRemoteOptions({
      'remote-options': 'url=from the list,user=bob',
      'remote-option': ['user=alice', 'vendor=other'],
      'remote-options-file': file,
    });
    expect(Object.fromEntries(read.options)).toEqual({
      url: 'from the file',
      user: 'alice',
      vendor: 'other',
      pass: 'a,b="c"#d',
      empty: '',
    });
    expect(read.publicNames).toEqual(['url', 'user', 'vendor']);
  });

  it.each(['hunter2', '=hunter2', 'Pass=hunter2', 'a b=hunter2', '-x=hunter2'])(
    'that are no pairs are refused without repeating them: %s',
    async (text) => {
      const error = await rejectionOf(readRemoteOptions({ 'remote-option': [text] }));
      expect(error).toMatchObject({ code: 'USAGE', exit: 2 });
      expect(error.message + hintOf(error)).not.toContain('hunter2');
    },
  );

  it('in a file that can not be read are told with its path and a next step', async () => {
    const error = await rejectionOf(readRemoteOptions({ 'remote-options-file': '/nowhere/options' }));
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', exit: 10 });
    expect(error.message).toContain('/nowhere/options');
    expect(hintOf(error)).toBeTruthy();
  });
});
