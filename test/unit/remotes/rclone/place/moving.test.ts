import { describe, expect, it } from 'vitest';
import type { Answer } from '../../../../../src/remotes/rclone/place/daemon.ts';
import { moveOnce } from '../../../../../src/remotes/rclone/place/moving.ts';

const failed = (error: string, timedOut = false): Answer => ({ kind: 'failed', error, timedOut });
const done: Answer = { kind: 'done', value: {} };
const lost = failed('copy call failed: unexpected EOF');

/** @param happened by which asking the server had moved it; 0 for never. @param answers the last one for ever */
async function moved(answers: readonly Answer[], happened = 0): Promise<{ answer: Answer; times: number }> {
  let times = 0;
  const answer = await moveOnce(
    {
      ask() {
        times += 1;
        return Promise.resolve(answers[Math.min(times, answers.length) - 1] ?? done);
      },
      isAtSource: () => Promise.resolve(happened === 0 || times < happened),
      isAtTarget: () => Promise.resolve(happened !== 0 && times >= happened),
    },
    undefined,
  );
  return { answer, times };
}

describe('a move over WebDAV', () => {
  it('whose answer was lost is not asked for again when it has happened', async () => {
    expect(await moved([lost], 1)).toEqual({ answer: done, times: 1 });
    expect(await moved([failed('copy call failed: Internal: 500 Internal Server Error'), lost], 2)).toEqual({
      answer: done,
      times: 2,
    });
  });

  it('that has not happened is asked for again, until it is told', async () => {
    expect(await moved([lost, lost, done])).toEqual({ answer: done, times: 3 });
    expect(await moved([lost])).toEqual({ answer: lost, times: 6 });
  });

  it('that is refused, missing or silent is told at once', async () => {
    for (const answer of [
      failed('copy call failed: Forbidden: 403 Forbidden'),
      failed('copy call failed: 507 Insufficient Storage'),
      failed('deadline', true),
      { kind: 'missing', error: 'object not found' } as const,
    ])
      expect(await moved([answer, done])).toEqual({ answer, times: 1 });
  });
});
