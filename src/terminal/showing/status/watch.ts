/**
 * A screen that is drawn again and again until somebody leaves it. It is the terminal's other one: what was there before
 * comes back, with the last picture below it.
 */
import { pause } from '../../../system/clock.ts';
import { columnsOf } from '../style.ts';

/** Milliseconds between two looks. */
const every = 2000;

const enter = '\x1b[?1049h\x1b[?25l';
const leave = '\x1b[?25h\x1b[?1049l';

export interface Watch {
  readonly stream: NodeJS.WriteStream;
  /** Ends it, and is no failure. */
  readonly signal: AbortSignal;
  /** @returns what is to be drawn at this width */
  look(): Promise<(columns: number) => string[]>;
}

/** @throws what a look fails with */
export async function watch({ stream, signal, look }: Watch): Promise<void> {
  let draw: ((columns: number) => string[]) | undefined;
  const lines = (): string[] => draw?.(columnsOf(stream) ?? 80).flatMap((text) => text.split('\n')) ?? [];
  const redraw = (): void => void stream.write(frameOf(lines(), stream.rows || 24));
  stream.write(enter);
  stream.on('resize', redraw);
  try {
    while (!signal.aborted) {
      draw = await look();
      redraw();
      await pause(every, signal);
    }
  } catch (thrown) {
    // a look that was cut short
    if (!signal.aborted) throw thrown;
  } finally {
    stream.off('resize', redraw);
    stream.write(leave);
    if (draw !== undefined) stream.write(`${lines().join('\n')}\n`);
  }
}

/** Drawn over the last picture, so that nothing flickers. What does not fit is counted. */
export function frameOf(lines: readonly string[], rows: number): string {
  const fit = Math.max(1, rows - 1);
  const more = lines.length - fit + 1;
  const shown = lines.length <= fit ? lines : [...lines.slice(0, fit - 1), `and ${more} lines more`];
  return `\x1b[H${shown.map((line) => `${line}\x1b[K\r\n`).join('')}\x1b[J`;
}

/** Whose facts are others than at the last look, by name. Ages alone are no change. */
export function changesBetween(
  before: ReadonlyMap<string, string> | undefined,
  now: ReadonlyMap<string, string>,
): ReadonlySet<string> {
  if (before === undefined) return new Set();
  return new Set([...now].flatMap(([name, facts]) => (before.get(name) === facts ? [] : [name])));
}
