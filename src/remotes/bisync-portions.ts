/**
 * The copies of a plan, in portions that bisync is shown alone. bisync 1.60 hashes every file that it lists, on both
 * sides and twice: with only the files to copy in sight, a few changes in a large vault don't cost the reading of all
 * of it. One file that stays as it is goes along, because bisync wants something on both sides that has not changed.
 */
import type { BothSides, Look } from './bisync-look.ts';
import type { Copy } from './bisync-plan.ts';

export interface Portion {
  readonly copies: readonly Copy[];
  /** How both sides look through the filter. */
  readonly now: BothSides<Look>;
  /** Rules for `--filter`; undefined shows everything. */
  readonly rules: readonly string[] | undefined;
}

/** Each file that rclone lists is held against each rule. */
const filesInPortion = 200;
/** More portions than this cost more than the hashes. */
const mostPortions = 5;

export function portionsOf(copies: readonly Copy[], now: BothSides<Look>): Portion[] {
  const unchanged = findUnchanged(copies, now);
  if (unchanged === undefined || copies.length > filesInPortion * mostPortions) {
    return [{ copies, now, rules: undefined }];
  }
  const portions: Portion[] = [];
  for (let start = 0; start < copies.length; start += filesInPortion) {
    const portion = copies.slice(start, start + filesInPortion);
    const paths = [...portion.map(({ path }) => path), unchanged];
    const seen = (look: Look): Look =>
      new Map(
        paths.flatMap((path) => {
          const entry = look.get(path);
          return entry === undefined ? [] : [[path, entry] as const];
        }),
      );
    portions.push({
      copies: portion,
      now: { local: seen(now.local), remote: seen(now.remote) },
      rules: [...paths.map(ruleFor), '- *'],
    });
  }
  return portions;
}

/** The smallest file that both sides have and that stays where it is. */
function findUnchanged(copies: readonly Copy[], now: BothSides<Look>): string | undefined {
  const moving = new Set(copies.map(({ path }) => path));
  let smallest: { path: string; size: number } | undefined;
  for (const [path, { size }] of now.local) {
    const isSmaller = smallest === undefined || size < smallest.size;
    if (isSmaller && now.remote.has(path) && !moving.has(path)) smallest = { path, size };
  }
  return smallest?.path;
}

/** A rule that includes one file (rclone.org/filtering). rclone cuts white space off the end of a rule. */
export function ruleFor(path: string): string {
  const pattern = path.replaceAll(/[\\*?[\]{}]/g, '\\$&').replace(/\s$/u, '[$&]');
  return `+ /${pattern}`;
}
