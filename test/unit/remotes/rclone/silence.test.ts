import { describe, expect, it } from 'vitest';
import { parseLogLine } from '../../../../src/remotes/rclone/log.ts';
import { type Answer, watchSilence } from '../../../../src/remotes/rclone/silence.ts';

const statistics = (bytes: number, checks = 0) =>
  parseLogLine(JSON.stringify({ level: 'notice', msg: '', stats: { bytes, checks } }));

/** A transfer that is looked at, second by second, and a remote that answers or not. */
function transfer(answer: Answer) {
  let second = 0;
  const seen = { asked: [] as number[], givenUp: [] as string[] };
  const watch = watchSilence({
    ask: async () => {
      seen.asked.push(second);
      return answer;
    },
    giveUp: (why) => {
      seen.givenUp.push(why);
    },
    now: () => second * 1000,
  });
  const at = async (time: number, bytes: number, checks = 0): Promise<void> => {
    second = time;
    watch(statistics(bytes, checks));
    await Promise.resolve();
    await Promise.resolve();
  };
  return { seen, at };
}

describe('a transfer that stands still', () => {
  it.each(['gone', 'silent'] as const)(
    'asks its remote after 15 seconds, and is given up once when it is %s',
    async (answer) => {
      const { seen, at } = transfer(answer);
      await at(1, 100);
      await at(15, 100);
      expect(seen).toEqual({ asked: [], givenUp: [] });
      await at(16, 100);
      await at(17, 100);
      await at(60, 100);
      expect(seen).toEqual({ asked: [16], givenUp: [answer] });
    },
  );

  it('goes on while the remote answers, which is asked again after a while', async () => {
    const { seen, at } = transfer('answers');
    for (let second = 1; second <= 40; second += 1) await at(second, 100);
    expect(seen).toEqual({ asked: [16, 31], givenUp: [] });
  });

  it('is none while bytes or checks go through', async () => {
    const { seen, at } = transfer('gone');
    for (let second = 1; second <= 40; second += 1) await at(second * 10, second < 20 ? second : 20, second);
    expect(seen).toEqual({ asked: [], givenUp: [] });
  });
});
