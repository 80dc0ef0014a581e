import { isBuiltin } from 'node:module';
import type { Plugin } from 'rolldown';

/**
 * Takes node's own modules by `process.getBuiltinModule` instead of `import`. An import of one evaluates all of its
 * exports, which for node:fs and node:process alone costs 4 ms each at every start.
 */
export function leanBuiltins(): Plugin {
  return {
    name: 'lean-builtins',
    renderChunk: (code) =>
      code
        .replace(/^import (.+?) from "(node:[^"]+)";$/gm, toConstants)
        .replace(/\b__require\("([^"]+)"\)/g, toBuiltin)
        .replace(RUNTIME_REQUIRE, LATE_REQUIRE),
  };
}

/** 1 to 4 ms each, and a start needs none of them: their functions and classes fetch them when they are called. */
const loadedLate = new Set([
  'node:child_process',
  'node:crypto',
  'node:http',
  'node:module',
  'node:net',
  'node:readline',
  'node:timers/promises',
  'node:tty',
  'node:zlib',
]);

/** What rolldown gives to CommonJS modules, at 3 ms; for node's own modules nothing of it is needed. */
const RUNTIME_REQUIRE = /^var __require = .*createRequire\(import\.meta\.url\).*;$/m;
const LATE_REQUIRE = `var __require = Object.assign((id) => createRequire(import.meta.url)(id), {
  resolve: (...given) => createRequire(import.meta.url).resolve(...given),
});`;

function toBuiltin(call: string, specifier: string): string {
  return isBuiltin(specifier) ? `globalThis.process.getBuiltinModule("${specifier}")` : call;
}

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
    .map(([name = '', local = name]) => toLate(local, `${builtin}.${name}`))
    .join(' ');
}

/** A class is called by `new`, which an arrow function can't be; a table, by its name in capitals, is read by its keys. */
function toLate(local: string, itself: string): string {
  if (/^[A-Z_]+$/.test(local)) return `const ${local} = new Proxy({}, { get: (_, key) => ${itself}[key] });`;
  return `let late_${local}; function ${local}(...given) {
    late_${local} ??= ${itself};
    return new.target ? new late_${local}(...given) : late_${local}(...given);
  }`;
}

function raise(message: string): never {
  throw new Error(message);
}
