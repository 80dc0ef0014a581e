import type { Plugin } from 'rolldown';

/**
 * Exports the values themselves. The bundler makes a getter of each, in case that it changes or that two chunks import
 * one another: hundreds of calls at every start, for what hardly ever changes.
 */
export function plainExports(): Plugin {
  return {
    name: 'plain-exports',
    renderChunk(code) {
      const changing = changingNames(this.parse(code));
      const members: string[] = [];
      const left = code.replace(GETTER, (_whole, exported: string, local: string) => {
        if (changing.has(local)) members.push(`get ${exported}() { return ${local}; }`);
        else members.push(exported === local ? local : `${exported}: ${local}`);
        return '';
      });
      if (members.length === 0) return null;
      if (/^(module\.)?exports\b.* = /m.test(left)) return null; // it has others as well, or one alone
      return `${left}\nmodule.exports = { ${members.join(', ')} };\n${NO_TABLE}\n`;
    },
    generateBundle(_options, bundle) {
      const chunks = new Map(Object.entries(bundle));
      const done = new Set<string>();
      const look = (file: string, above: readonly string[]): void => {
        if (above.includes(file)) this.error(`chunks import one another: ${[...above, file].join(' > ')}`);
        const chunk = chunks.get(file);
        if (done.has(file) || chunk?.type !== 'chunk') return;
        for (const imported of chunk.imports) look(imported, [...above, file]);
        done.add(file);
      };
      for (const file of chunks.keys()) look(file, []);
    },
  };
}

/**
 * V8 keeps an object of more than a hundred names as a table, in which each use of one is a search: a key was derived
 * eight times as slowly. The prototype of what is gone through is kept as other objects are.
 */
const NO_TABLE = 'for (const _ in Object.create(module.exports)) break;';

const GETTER =
  /^Object\.defineProperty\(exports, ["']([\w$]+)["'], \{\s+enumerable: true,\s+get: function ?\(\) \{\s+return ([\w$]+);\s+\}\s+\}\);$/gm;

/** Whatever is assigned to after it was declared, of whichever scope. */
function changingNames(program: unknown): ReadonlySet<string> {
  const names = new Set<string>();
  const waiting: unknown[] = [program];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (typeof node !== 'object' || node === null) continue;
    const { type, left, argument } = node as { type?: string; left?: unknown; argument?: unknown };
    if (type === 'AssignmentExpression' || type === 'ForInStatement' || type === 'ForOfStatement')
      addNames(left, names);
    if (type === 'UpdateExpression') addNames(argument, names);
    waiting.push(...Object.values(node).filter((value) => value !== null && value !== undefined));
  }
  return names;
}

function addNames(target: unknown, names: Set<string>): void {
  for (const [, name] of JSON.stringify(target).matchAll(
    /"type":"Identifier",(?:"[a-z]+":[^"]+,)*"name":"([^"]+)"/g,
  ))
    if (name !== undefined) names.add(name);
}
