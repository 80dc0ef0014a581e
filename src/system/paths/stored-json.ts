/** JSON that was written by whoever: parsed only as far as it can be handled afterwards. */

/** Levels of lists and objects; nothing that is kept anywhere has half of it. */
const deepest = 32;

/**
 * Parses a text. Nesting without end is refused here, because whatever goes through a value later, and be it to print it,
 * would end in it.
 * @throws SyntaxError
 */
export function parseStoredJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (isDeeperThan(deepest, value)) throw new SyntaxError('it is nested too deeply');
  return value;
}

function isDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeperThan(levels - 1, inner));
}
