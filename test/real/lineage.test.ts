/** Whose turn it is: machines that push in turn, and sides that were set back, wiped, changed or forged. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Machine, machineAt, snapshotOf } from '../support/machines.ts';
import { servedPlace } from '../support/served-place.ts';
import { readTree, writeFiles } from '../support/tree.ts';

const served = servedPlace();
const refused = (code: string): unknown => expect.objectContaining({ code });
const files = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`f${index}`, `content ${index}`]));

describe.each(served.kinds)('on %s', (_, remoteOf) => {
  let one: Machine;
  let two: Machine;
  let place: string;
  const there = (): Record<string, string> => readTree(place, ['.cryptosync']);
  beforeEach(async () => {
    place = served.place();
    one = machineAt(served.own('one'), 'one', remoteOf());
    two = machineAt(served.own('two'), 'two', remoteOf());
    writeFiles(one.tree, files(3));
    await one.upload();
  });
  afterEach(() => {
    for (const path of [place, served.own('one'), served.own('two')]) {
      rmSync(path, { recursive: true, force: true });
      rmSync(`${path}.kept`, { recursive: true, force: true });
    }
  });

  it('two machines push in turn: the later goes on only after it has taken what the other sent', async () => {
    await two.download();
    writeFiles(two.tree, { mine: 'of two' });
    await two.upload();
    writeFiles(one.tree, { other: 'of one' });
    const error = await one.upload().catch((thrown: unknown) => thrown);
    expect(error).toEqual(refused('REMOTE_AHEAD'));
    expect((error as Error).message).toMatch(
      /generation 2, written at 2026-01-31T02:00:00Z by machine machine-/,
    );
    expect(there()['other']).toBeUndefined();
    await one.upload({ takeOver: true });
    expect(there()).toEqual(readTree(one.tree));
    await expect(two.upload()).rejects.toEqual(refused('REMOTE_AHEAD'));
  });

  it('a machine that was set back does not push its old state, but may download', async () => {
    const back = one.snapshot();
    writeFiles(one.tree, { f0: 'newer' });
    await one.upload();
    const before = there();
    back();
    writeFiles(one.tree, { f1: 'made after it was set back' });
    await expect(one.upload()).rejects.toEqual(refused('REMOTE_AHEAD'));
    expect(there()).toEqual(before);
    await one.download({ force: true });
    expect(readTree(one.tree)).toEqual(before);
    expect((await one.upload()).changed).toBe(false);
  });

  it.each([
    ['set back', (back: () => void) => back()],
    ['wiped', () => rmSync(place, { recursive: true })],
  ])(
    'a remote that was %s is refused in every direction, and taken over when that is meant',
    async (_how, spoil) => {
      const back = snapshotOf(place);
      writeFiles(one.tree, { f0: 'newer' });
      await one.upload();
      spoil(back);
      mkdirSync(place, { recursive: true });
      const before = readTree(place);
      const here = readTree(one.tree);
      await expect(one.upload()).rejects.toEqual(refused('REMOTE_BEHIND'));
      await expect(one.download()).rejects.toMatchObject({
        code: expect.stringMatching(/REMOTE_(BEHIND|EMPTY)/),
      });
      expect([readTree(place), readTree(one.tree)]).toEqual([before, here]);
      await one.upload({ takeOver: true });
      expect(there()).toEqual(here);
      expect((await one.upload()).changed).toBe(false);
    },
  );

  it('a machine that lost its state goes on where it holds exactly the newest generation, and else is told', async () => {
    rmSync(one.state, { recursive: true });
    mkdirSync(one.state);
    const again = await one.upload();
    expect([again.changed, again.transferred.files]).toEqual([false, 0]);
    rmSync(one.state, { recursive: true });
    mkdirSync(one.state);
    writeFiles(one.tree, { f0: 'something else' });
    await expect(one.upload()).rejects.toEqual(refused('REMOTE_AHEAD'));
    await one.upload({ takeOver: true });
    expect(there()).toEqual(readTree(one.tree));
  });

  it.each(['marker.json', 'manifest'])('a changed %s is VERIFY_FAILED, and changes nothing', async (what) => {
    const control = join(place, '.cryptosync');
    const [manifest = ''] = readdirSync(join(control, 'manifests'));
    const path = what === 'manifest' ? join(control, 'manifests', manifest) : join(control, what);
    const bytes = readFileSync(path);
    writeFileSync(
      path,
      what === 'manifest'
        ? bytes.subarray(0, -9)
        : bytes.toString().replace('"generation": 1', '"generation": 9'),
    );
    const before = readTree(place);
    await expect(two.download()).rejects.toEqual(refused('VERIFY_FAILED'));
    if (what !== 'manifest') await expect(one.upload()).rejects.toEqual(refused('VERIFY_FAILED'));
    expect([readTree(place), readTree(two.tree)]).toEqual([before, {}]);
  });

  it('what somebody else did there is told by a full pass, kept in the trash, and mended', async () => {
    writeFileSync(join(place, 'f0'), 'somebody wrote other things here');
    writeFileSync(join(place, 'added'), 'by somebody');
    rmSync(join(place, 'f1'));
    expect((await one.upload()).strategy).toBe('none');
    const full = await one.upload({ full: true });
    expect([...(full.behindOurBack ?? [])].sort()).toEqual([
      'added was added',
      'f0 was changed',
      'f1 is gone',
    ]);
    expect(one.context.logged.join('\n')).toContain('added was added');
    expect(there()).toEqual(readTree(one.tree));
    const trash = Object.keys(readTree(join(place, '.cryptosync', 'trash')));
    expect(trash.map((path) => path.split('/').at(-1)).sort()).toEqual(['added', 'f0']);
    expect((await one.upload({ full: true })).behindOurBack ?? []).toEqual([]);
  });

  it('keepDeleted 0 removes what an earlier setting kept, though there is nothing to send', async () => {
    writeFiles(one.tree, { f0: 'newer' });
    await one.upload();
    expect(readdirSync(join(place, '.cryptosync', 'trash'))).toEqual(['2']);
    expect((await one.upload({}, { keepDeleted: 0 })).changed).toBe(false);
    expect(readdirSync(join(place, '.cryptosync', 'trash'))).toEqual([]);
  });
});
