import { describe, expect, it } from 'vitest';
import type { Answer } from '../../../../../src/remotes/rclone/place/daemon.ts';
import { onceUnlocked } from '../../../../../src/remotes/rclone/place/locked.ts';

const failed = (error: string): Answer => ({ kind: 'failed', error, timedOut: false });
const done: Answer = { kind: 'done', value: {} };

async function askedOf(answers: readonly Answer[]): Promise<{ answer: Answer; times: number }> {
  let times = 0;
  const ask = (): Promise<Answer> => {
    times += 1;
    return Promise.resolve(answers[Math.min(times, answers.length) - 1] ?? done);
  };
  return { answer: await onceUnlocked(ask, undefined), times };
}

describe('a path that a server has locked', () => {
  const locked = failed('Update mkParentDir failed: Locked: 423 Locked');

  it('is asked for again until it is free', async () => {
    expect(await askedOf([locked, locked, done])).toEqual({ answer: done, times: 3 });
  });

  it('that stays so is told', async () => {
    expect(await askedOf([locked])).toEqual({ answer: locked, times: 6 });
  });

  it('is not what other failures speak of, whatever numbers are in them', async () => {
    for (const error of ['object is 423 bytes', '507 Insufficient Storage', 'file 423 Locked is gone'])
      expect(await askedOf([failed(error), done])).toEqual({ answer: failed(error), times: 1 });
  });
});
