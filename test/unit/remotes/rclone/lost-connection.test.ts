import { describe, expect, it } from 'vitest';
import { parseLogLine } from '../../../../src/remotes/rclone/log.ts';
import { watchConnection } from '../../../../src/remotes/rclone/lost-connection.ts';

const refused = (level = 'error') => JSON.stringify({ level, msg: 'Failed to copy: refused', object: 'a' });
const statistics = (transfers: number, bytes = 0) =>
  JSON.stringify({ level: 'notice', msg: '', stats: { transfers, bytes } });

/** How often it gave up over these lines, each at its second. */
function givenUp(lines: readonly (readonly [number, string])[]): number {
  let count = 0;
  let second = 0;
  const watch = watchConnection({
    isUnreachable: (message) => message.includes('refused'),
    giveUp: () => {
      count += 1;
    },
    now: () => second * 1000,
  });
  for (const [at, line] of lines) {
    second = at;
    watch(parseLogLine(line));
  }
  return count;
}

const times = (count: number, line: string) => Array.from({ length: count }, () => [0, line] as const);

describe('a lost connection', () => {
  it('is noticed once, after eight files in a row', () => {
    expect(givenUp(times(7, refused()))).toBe(0);
    expect(givenUp(times(8, refused()))).toBe(1);
    expect(givenUp(times(20, refused()))).toBe(1);
    expect(givenUp([[0, statistics(3)], ...times(7, refused()), [0, statistics(3)], [0, refused()]])).toBe(1);
  });

  it('is noticed when nothing has come through for 15 seconds after it broke', () => {
    const broken = [
      [5, statistics(1, 100)],
      [6, refused('warning')],
      [20, statistics(1, 100)],
    ] as const;
    expect(givenUp(broken)).toBe(0);
    expect(givenUp([...broken, [21, statistics(1, 100)]])).toBe(1);
    expect(givenUp([...broken, [20, statistics(1, 101)], [40, statistics(1, 101)]])).toBe(0);
    // what still comes out of a buffer is no sign of life
    expect(givenUp([...broken.slice(0, 2), [7, statistics(2, 200)], [21, statistics(2, 200)]])).toBe(1);
  });

  it('is none while files come through, nothing is said, or files fail for other reasons', () => {
    const between = times(20, refused()).flatMap((line, index) => [
      line,
      [0, statistics(index + 1)] as const,
    ]);
    expect(givenUp(between)).toBe(0);
    expect(givenUp([0, 100, 200].map((second) => [second, statistics(1, 1)]))).toBe(0);
    expect(givenUp(times(20, JSON.stringify({ level: 'error', msg: 'permission denied' })))).toBe(0);
  });
});
