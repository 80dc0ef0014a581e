import type { Plugin } from 'rolldown';

/**
 * Takes node's own modules by `process.getBuiltinModule` instead of `import`. An import of one evaluates all of its
 * exports, which for node:fs and node:process alone costs 4 ms each at every start.
 */
export function leanBuiltins(): Plugin {
  return {
    name: 'lean-builtins',
    renderChunk: (code) => code.replace(/^import (.+?) from "(node:[^"]+)";$/gm, toConstants),
  };
}

/** 2 to 4 ms each, and a start needs none of them: their functions fetch them when they are called. */
const loadedLate = new Set(['node:crypto', 'node:readline']);

function toConstants(statement: string, imported: string, specifier: string): string {
  // by globalThis: packages call their own import of node:process "process" as well
  const builtin = `globalThis.process.getBuiltinModule("${specifier}")`;
  const [, all, itself, named] =
    /^(?:\* as ([\w$]+)|([\w$]+)?(?:, )?(?:\{(.+)\})?)$/.exec(imported) ?? raise(`Unexpected: ${statement}`);
  // A builtin's default export, and its namespace, is the module itself.
  const whole = all ?? itself;
  const constants = [
    ...(whole ? [`const ${whole} = ${builtin};`] : []),
    ...(named ? [loadedLate.has(specifier) ? toLateFunctions(named, builtin) : toNamed(named, builtin)] : []),
  ];
  return constants.join(' ');
}

function toNamed(named: string, builtin: string): string {
  return `const { ${named.replaceAll(' as ', ': ')} } = ${builtin};`;
}

function toLateFunctions(named: string, builtin: string): string {
  return named
    .split(',')
    .map((part) => part.trim().split(' as '))
    .map(([name, local = name]) => `const ${local} = (...given) => ${builtin}.${name}(...given);`)
    .join(' ');
}

function raise(message: string): never {
  throw new Error(message);
}
