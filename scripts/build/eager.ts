import type { Plugin } from 'rolldown';

/**
 * Has functions compiled when their chunk is: V8 puts off what is no expression in parentheses, and node keeps only what
 * was compiled when a file was loaded, so that every start compiles anew whatever it calls. For a chunk of which a start
 * calls much that is a twentieth of the start; for one of which it calls little, what is kept would only become bigger.
 *
 * A declaration is there before the first statement of its module, and so is what it becomes.
 */
export function eagerFunctions(isEager: (chunk: string) => boolean): Plugin {
  return {
    name: 'eager-functions',
    renderChunk(code, { name }) {
      if (!isEager(name)) return null;
      const { body } = this.parse(code);
      const functions = body.flatMap((node) => (node.type === 'FunctionDeclaration' ? [node] : []));
      if (functions.length === 0) this.error(`no function is declared in ${name}: has the bundler changed?`);
      return hoisted(code, functions, body.findLast(({ type }) => type === 'ImportDeclaration')?.end ?? 0);
    },
  };
}

interface Declared {
  readonly start: number;
  readonly end: number;
  readonly id?: { readonly name: string } | null;
}

/** @param functions of the module itself, in their order. @param top where they go: behind what is imported */
export function hoisted(code: string, functions: readonly Declared[], top: number): string {
  const made = functions.map(({ start, end, id }) => `var ${id?.name} = (${code.slice(start, end)});`);
  const left = functions
    .toReversed()
    .reduce((text, { start, end }) => text.slice(0, start) + text.slice(end), code);
  return `${left.slice(0, top)}\n${made.join('\n')}${left.slice(top)}`;
}
