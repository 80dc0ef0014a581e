/** Which files of a ciphertext are needed to see some paths of the plaintext, for an engine that can name them. */
import type { Secret } from '../../secrets/secret.ts';
import type { Chosen } from '../../sync/generations/choice.ts';
import { type Part, partOf } from '../../sync/restore/part.ts';
import { canaryName } from '../../vaults/canary.ts';
import { type TrialCopy, whileNaming } from '../../vaults/trial.ts';
import type { Context } from '../context.ts';

export interface Naming {
  readonly chosen: Chosen;
  readonly paths: readonly string[];
  readonly fetch: (part: Part) => Promise<unknown>;
}

/**
 * What of the ciphertext is needed for paths in the clear. The engine names one directory after the other, each when the
 * one above has come.
 */
export async function neededOf(
  context: Context,
  copy: TrialCopy,
  password: Secret,
  { chosen: { tree }, paths, fetch }: Naming,
): Promise<Part | undefined> {
  const { engine } = copy;
  const known = new Set(tree.map(({ path }) => path));
  const own = [engine.configFile, ...engine.companionsOf(engine.configFile)].filter((path) =>
    known.has(path),
  );
  const needed = new Set(own);
  const whole: string[] = [];
  const come = async (): Promise<void> => void (await fetch(partOf(tree, whole, needed) ?? []));
  await come();
  return await whileNaming(copy, password, context, async ({ encrypted }) => {
    for (const path of [canaryName, ...paths]) {
      let name: string | undefined;
      const steps = path.split('/');
      for (let depth = 1; depth <= steps.length; depth += 1) {
        name = await encrypted(steps.slice(0, depth).join('/'));
        if (name === undefined || !known.has(name)) return undefined;
        for (const companion of engine.companionsOf(name)) if (known.has(companion)) needed.add(companion);
        const inside = engine.companionsOf(`${name}/x`).filter((one) => known.has(one) && !needed.has(one));
        for (const one of inside) needed.add(one);
        if (depth < steps.length && inside.length > 0) await come();
      }
      if (name !== undefined) whole.push(name);
    }
    return partOf(tree, whole, needed);
  });
}
