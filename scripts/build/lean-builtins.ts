import type { Plugin } from 'rolldown';

/**
 * Takes node's own modules by `process.getBuiltinModule`, which asks nobody how to resolve them, and those that a start
 * does not need only where something of them is used.
 */
export function leanBuiltins(): Plugin {
  return {
    name: 'lean-builtins',
    renderChunk(code, { name }) {
      const lean = takeBuiltins(code);
      const [left] = /\b\w+\.__toESM\(node_.*/.exec(lean) ?? [];
      if (left !== undefined) this.error(`the bundler has changed: ${left} in ${name}`);
      return lean;
    },
  };
}

/** 1 to 4 ms each. */
const loadedLate = new Set([
  'node:child_process',
  'node:crypto',
  'node:fs/promises',
  'node:http',
  'node:https',
  'node:module',
  'node:net',
  'node:readline',
  'node:stream',
  'node:stream/promises',
  'node:timers/promises',
  'node:tls',
  'node:tty',
  'node:v8',
  'node:zlib',
]);

/** `let node_fs = require("node:fs");`, behind which may follow `node_fs = runtime.__toESM(node_fs, 1);`. */
const DECLARED =
  /^let ([\w$]+) = require\("(node:[^"]+)"\);$(?:\n\1 = (?:[\w$]+\.)?__toESM\(\1(?:, 1)?\);$)?/gm;

/** @param code CommonJS as the bundler writes it: an import of a builtin is a variable, `x.default` the builtin itself. */
export function takeBuiltins(code: string): string {
  const late: string[] = [];
  const whole: string[] = [];
  const declared = code.replace(DECLARED, (_statement, name: string, specifier: string) => {
    // by globalThis: packages call their own import of node:process "process" as well
    const builtin = `globalThis.process.getBuiltinModule("${specifier}")`;
    (loadedLate.has(specifier) ? late : whole).push(name);
    return loadedLate.has(specifier)
      ? `let late_${name}; const load_${name} = () => late_${name} ??= ${builtin};`
      : `const ${name} = ${builtin};`;
  });
  const taken = whole.reduce(
    (text, name) => text.replace(new RegExp(`${use(name)}\\.default\\b`, 'g'), () => name),
    declared,
  );
  return late.reduce(
    (text, name) => text.replace(new RegExp(`${use(name)}(?:\\.default\\b)?`, 'g'), () => `(load_${name}())`),
    taken,
  );
}

/** The name where it stands alone. */
function use(name: string): string {
  return `(?<![\\w$.])${name.replaceAll('$', '\\$')}(?![\\w$])`;
}
