import { describe, expect, it } from 'vitest';
import { CryptosyncError } from '../../../../src/system/errors.ts';
import { fleetOf } from '../../../../src/terminal/showing/fleet.ts';

const silent = { isInteractive: false, isTalkative: false, mayPrompt: true };

describe('questions of several that are at work', () => {
  it('come one after the other', async () => {
    const fleet = fleetOf('Syncing 2', 2, silent);
    const said: string[] = [];
    const ask = (name: string) =>
      fleet.asking(async () => {
        said.push(`${name}?`);
        await new Promise(setImmediate);
        said.push(`${name}!`);
        return name;
      });
    const answers = await fleet.during(() => Promise.all([ask('a'), ask('b')]));
    expect(answers).toEqual(['a', 'b']);
    expect(said).toEqual(['a?', 'a!', 'b?', 'b!']);
  });

  it('end with the one that was left by Ctrl-C', async () => {
    const fleet = fleetOf('Syncing 2', 2, silent);
    const left = new CryptosyncError('INTERRUPTED', 'the question was left unanswered');
    const first = fleet.asking(() => Promise.reject(left));
    const second = fleet.asking(async () => 'asked all the same');
    await expect(first).rejects.toBe(left);
    await expect(second).rejects.toBe(left);
  });

  it('go on after one that failed otherwise', async () => {
    const fleet = fleetOf('Syncing 2', 2, silent);
    await expect(fleet.asking(() => Promise.reject(new Error('no terminal')))).rejects.toThrow('no terminal');
    expect(await fleet.asking(async () => 'asked')).toBe('asked');
  });
});
