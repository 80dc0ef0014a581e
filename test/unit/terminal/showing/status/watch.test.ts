import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { changesBetween, frameOf, watch } from '../../../../../src/terminal/showing/status/watch.ts';

/** A terminal of 20 columns and 5 rows, and what was written to it. */
function terminal(): { stream: NodeJS.WriteStream; written(): string } {
  let written = '';
  const write = (text: string): boolean => {
    written += text;
    return true;
  };
  const stream = Object.assign(new EventEmitter(), { isTTY: true, columns: 20, rows: 5, write });
  return { stream: stream as unknown as NodeJS.WriteStream, written: () => written };
}

describe('a picture', () => {
  it('is drawn over the last one, and ends what that had more', () => {
    expect(frameOf(['a', 'b'], 5)).toBe('\x1b[Ha\x1b[K\r\nb\x1b[K\r\n\x1b[J');
  });

  it('is no higher than the terminal, and counts what is not shown', () => {
    const frame = frameOf(['1', '2', '3', '4', '5'], 4);
    expect(frame.split('\r\n')).toHaveLength(4);
    expect(frame).toContain('2\x1b[K\r\nand 3 lines more');
  });
});

describe('a change', () => {
  it('is told of who is another, and of nobody at the first look', () => {
    const before = new Map([
      ['a', '1'],
      ['b', '1'],
    ]);
    const now = new Map([
      ['a', '1'],
      ['b', '2'],
      ['c', '1'],
    ]);
    expect([...changesBetween(before, now)]).toEqual(['b', 'c']);
    expect(changesBetween(undefined, now).size).toBe(0);
  });
});

describe('a watch', () => {
  it('leaves the screen as it was, with the last picture below it, also when the terminal is made narrower', async () => {
    const { stream, written } = terminal();
    const leaving = new AbortController();
    await watch({
      stream,
      signal: leaving.signal,
      async look() {
        queueMicrotask(() => {
          stream.columns = 10;
          stream.emit('resize');
          leaving.abort();
        });
        return (columns) => [`${columns} wide`];
      },
    });
    expect(written().startsWith('\x1b[?1049h\x1b[?25l')).toBe(true);
    expect(written()).toContain('10 wide');
    expect(written().endsWith('\x1b[?25h\x1b[?1049l10 wide\n')).toBe(true);
    expect(stream.listenerCount('resize')).toBe(0);
  });

  it('gives the screen back when a look fails, and ends in peace when it was cut short', async () => {
    const { stream, written } = terminal();
    const failing = {
      stream,
      signal: new AbortController().signal,
      look: () => Promise.reject(new Error('gone')),
    };
    await expect(watch(failing)).rejects.toThrow('gone');
    expect(written().endsWith('\x1b[?1049l')).toBe(true);
    const leaving = new AbortController();
    const look = async (): Promise<never> => {
      leaving.abort();
      throw new Error('cut short');
    };
    await watch({ stream, signal: leaving.signal, look });
  });
});
