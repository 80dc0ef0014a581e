/** A stream that is read ahead is the same stream. */
import { describe, expect, it } from 'vitest';
import { readAhead } from '../../../../src/sync/upload/ahead.ts';

function* numbers(count: number, end?: () => void): Generator<number> {
  try {
    for (let number = 0; number < count; number += 1) yield number;
  } finally {
    end?.();
  }
}

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn += 1) await new Promise(setImmediate);
};

describe('a stream that is read ahead', () => {
  it.each([0, 1, 63, 64, 65, 1000, 5000])(
    'gives all %d items in their order, whenever it is taken',
    async (count) => {
      for (const waited of [0, 1, 50]) {
        for (const most of [1, 64, 500, 1_000_000]) {
          const ahead = readAhead(numbers(count), most);
          await turns(waited);
          let next = 0;
          for (const number of ahead.take()) expect(number === next++).toBe(true);
          expect(next).toBe(count);
        }
      }
    },
  );

  it('is read while something else is waited for, and no further than it is told to', async () => {
    let read = 0;
    function* counted(): Generator<number> {
      for (const number of numbers(5000)) {
        read += 1;
        yield number;
      }
    }
    const ahead = readAhead(counted(), 1000);
    await turns(50);
    expect(read).toBe(1000);
    expect([...ahead.take()]).toHaveLength(5000);
  });

  it('tells what broke in it when it is taken, behind what came before', async () => {
    function* broken(): Generator<number> {
      yield 1;
      throw new Error('torn');
    }
    const ahead = readAhead(broken(), 10);
    await turns(5);
    const taken = ahead.take();
    expect(taken.next().value).toBe(1);
    expect(() => taken.next()).toThrow('torn');
  });

  it('is closed when nobody wants it any more, or all of it', async () => {
    for (const end of ['drop', 'take', 'half'] as const) {
      let isClosed = false;
      const ahead = readAhead(
        numbers(1000, () => (isClosed = true)),
        10,
      );
      await turns(5);
      if (end === 'drop') ahead.drop();
      else for (const number of ahead.take()) if (end === 'half' && number > 100) break;
      expect(isClosed, end).toBe(true);
    }
  });
});
