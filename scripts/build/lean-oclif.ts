// What the bundle changes in @oclif/core so that it starts in half the time. Nothing that an operator sees changes.
// Each change checks that it found what it changes, so that an update of oclif breaks the build, not the start.

import type { Plugin } from 'rolldown';
import { root } from './root.ts';

export const OCLIF_ENTRY = 'virtual:oclif';

/** What a start reads of oclif.manifest.json, below the root of the package. */
export const briefManifest = 'dist/commands.json';

/** Modules that oclif gets instead of its own. */
const REPLACED: Record<string, string> = {
  // Only matches the names of oclif plugins, of which cryptosync has none.
  minimatch: `exports.minimatch = () => { throw new Error('cryptosync has no oclif plugins'); };`,
  // Looks for PowerShell.
  'wsl-utils': `exports.powerShellPath = () => 'powershell.exe';`,
  // Loaded only where somebody asks for its output.
  debug: `const silent = () => {}; module.exports = process.env.DEBUG ? require('debug') : () => silent;`,
};

/** Text of oclif's that the bundle changes, by file. */
const EDITS: Record<string, [from: string, to: string][]> = {
  'cache.js': [[`require('@oclif/core/package.json')`, `require('../package.json')`]],
  'command.js': [
    // Where a stream is used, base-command has prepared it for a reader that goes away.
    ["process.stdout.on('error', (err) => {", 'void ((err) => {'],
  ],
  'config/plugin.js': [
    // The collator behind localeCompare costs 7 ms; ids are ASCII.
    ['a.id.localeCompare(b.id)', 'a.id < b.id ? -1 : 1'],
    // Of the manifest a start needs what finds a command; the help class reads the rest.
    ['oclif.manifest.json`', `${briefManifest}\``],
    // Only without a manifest.
    ['const tinyglobby_1 = require("tinyglobby");', ''],
    ['(0, tinyglobby_1.glob)', `(await import('tinyglobby')).glob`],
  ],
  'ux/index.js': [
    // A spinner of oclif's is never shown.
    ['Boolean(process.stderr.isTTY) &&', 'false &&'],
  ],
  'util/fs.js': [
    // For the manifest alone it starts four threads, and loads what the promises of node:fs are made of.
    [`await (0, promises_1.readFile)(path, 'utf8')`, `(0, node_fs_1.readFileSync)(path, 'utf8')`],
  ],
  'help/util.js': [
    // Most texts are no templates, and each costs a compilation.
    [
      'return ejs_1.default.render(t, context)',
      `return t?.includes?.('<%') ? ejs_1.default.render(t, context) : t`,
    ],
  ],
  'main.js': [
    // `--version` tells which build it is.
    [
      'ux_1.ux.stdout(config.userAgent)',
      `ux_1.ux.stdout([config.userAgent, config.pjson.build].filter(Boolean).join(' '))`,
    ],
  ],
  'screen.js': [
    // To look at a stream makes it: what nothing is written to need not be made.
    [
      'exports.errtermwidth = columns || termwidth(process.stderr)',
      `Object.defineProperty(exports, 'errtermwidth', { get: () => columns || termwidth(process.stderr) })`,
    ],
  ],
  'util/os.js': [
    // Another file, half of which looks for PowerShell.
    [`(await import('wsl-utils')).isWsl`, `(0, node_os_1.release)().toLowerCase().includes('microsoft')`],
    // It throws for a user without an entry in the passwd file, as containers have them.
    ['(0, node_os_1.userInfo)().shell?.split(node_path_1.default.sep)?.pop()', `'sh'`],
  ],
  'util/read-pjson.js': [
    ['const lilconfig_1 = require("lilconfig");', ''],
    ['(0, lilconfig_1.lilconfig)', `(await import('lilconfig')).lilconfig`],
  ],
};

const LIBRARY = '/node_modules/@oclif/core/lib/';

/** The one that oclif's texts are measured by; its expression for emojis takes 3 ms to compile. */
const STRING_WIDTH = `${root}node_modules/string-width/index.js`;
const NOT_PRINTABLE_ASCII: [from: string, to: string] = [
  'string = stripAnsi(string);',
  'if (/^[ -~]+$/.test(string)) return string.length; string = stripAnsi(string);',
];

const REPLACEMENT = '\0oclif-lean:';

/** `packageFacts` stands for package.json at run time. */
export function leanOclif(packageFacts: object): Plugin {
  const pending = new Set(Object.keys(EDITS));
  let requires = 0;
  return {
    name: 'lean-oclif',
    resolveId(id, importer) {
      if (id === OCLIF_ENTRY) return id;
      // Only for oclif's development mode; not there in an installed cryptosync, and oclif copes.
      if (id === 'typescript') return { id, external: true };
      if (importer?.includes(LIBRARY) && id in REPLACED) return `${REPLACEMENT}${id}.cjs`;
      return null;
    },
    load(id) {
      if (id === OCLIF_ENTRY) {
        return `export { run } from '@oclif/core/run';
          export { handle } from '@oclif/core/handle';
          export const pjson = ${JSON.stringify(packageFacts)};`;
      }
      return id.startsWith(REPLACEMENT)
        ? (REPLACED[id.slice(REPLACEMENT.length, -'.cjs'.length)] ?? null)
        : null;
    },
    transform(code, id) {
      if (id === STRING_WIDTH) return edit('string-width', code, ...NOT_PRINTABLE_ASCII);
      const [, file] = id.split(LIBRARY);
      if (file === undefined) return null;
      pending.delete(file);
      const edited = (EDITS[file] ?? []).reduce((text, [from, to]) => edit(file, text, from, to), code);
      const lazy = requireLazily(edited);
      requires += lazy.count;
      return lazy.code;
    },
    buildEnd() {
      if (pending.size > 0 || requires < 100) {
        this.error(`@oclif/core has changed: ${[...pending].join(', ')}, ${requires} lazy requires`);
      }
    },
  };
}

function edit(file: string, text: string, from: string, to: string): string {
  if (!text.includes(from)) throw new Error(`@oclif/core has changed: no ${from} in ${file}`);
  return text.replace(from, to);
}

/**
 * oclif is CommonJS as tsc writes it: `const x_1 = require('x')` on top, `x_1.something` where it is used. Moves each
 * require to its first use, so that a start runs only the modules that it needs.
 */
function requireLazily(code: string): { code: string; count: number } {
  const names: string[] = [];
  const TOP_LEVEL =
    /^(?:const|var) (\w+_\d+) = (__importDefault|__importStar)?\(?(require\(["'][^"']+["']\))\)?;$/gm;
  const declared = code.replace(TOP_LEVEL, (_statement, name: string, wrapper = '', required: string) => {
    names.push(name);
    return `let ${name}; const load_${name} = () => (${name} ??= ${wrapper}(${required}));`;
  });
  const used = names.reduce(
    (text, name) => text.replace(new RegExp(`(?<![\\w$])${name}(?=[.)])`, 'g'), `(load_${name}())`),
    declared,
  );
  return { code: used, count: names.length };
}
