/** Functions that are compiled when their chunk is: what the bundle makes of them is the same program. */
import { parseAst } from 'rolldown/parseAst';
import { expect, it } from 'vitest';
import { hoisted } from '../../scripts/build/eager.ts';

const source = `import { sep } from 'node:path';
import { EOL } from 'node:os';
const early = sum(1, 2) + sep;
class Kept { static made = twice(4); }
function sum(a, b) { return a + b; }
const between = () => \`
function notOne() {
}
\${late()}\`;
async function slow() { return await fast(); }
function* steps() { yield* [1, 2]; }
function fast() { return EOL.length; }
function count(n) { return n === 0 ? [] : [n, ...count(n - 1)]; }
function twice(n) { return 2 * n; }
function late() { return typeof Kept; }
function Made() { return new.target === Made; }
export { early, Kept, between, slow, steps, count, Made, sum };`;

async function told(code: string): Promise<unknown> {
  const { early, Kept, between, slow, steps, count, Made, sum } = await import(
    `data:text/javascript,${encodeURIComponent(code)}`
  );
  const isMade = String(new Made() instanceof Made);
  return [early, Kept.made, between(), await slow(), [...steps()], count(3), isMade, sum.name, sum.length];
}

it('are there before the first statement, and do what they did', async () => {
  const { body } = parseAst(source);
  const functions = body.flatMap((node) => (node.type === 'FunctionDeclaration' ? [node] : []));
  const imports = body.filter(({ type }) => type === 'ImportDeclaration');
  const code = hoisted(source, functions, imports.at(-1)?.end ?? 0);
  expect(functions).toHaveLength(8);
  expect(code.match(/^var \w+ = \((?:async )?function/gm)).toHaveLength(8);
  expect(await told(code)).toEqual(await told(source));
});
