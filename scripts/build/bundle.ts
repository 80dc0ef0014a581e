import { readFileSync, writeFileSync } from 'node:fs';
import { glob, rename, rm } from 'node:fs/promises';
import { type InputOptions, rolldown } from 'rolldown';
import { asciiOnly } from './ascii.ts';
import { buildFacts, buildName } from './build-facts.ts';
import { layerGroups } from './layers.ts';
import { leanBuiltins } from './lean-builtins.ts';
import { leanConf } from './lean-conf.ts';
import { leanOclif, OCLIF_ENTRY } from './lean-oclif.ts';
import { plainExports } from './plain-exports.ts';
import { root } from './root.ts';

/** What holds for all that is bundled. */
const common: InputOptions = {
  cwd: root,
  platform: 'node',
  tsconfig: false,
  // that this machine is slow today is no fault of the build, which fails at any warning
  checks: { bundlerTimings: false },
  onLog(level, log, report) {
    if (level === 'warn' && log.code === 'EVAL') return; // inside ejs and ajv, as they are
    report(level === 'warn' ? 'error' : level, log);
  },
};

/**
 * Bundles the library, oclif's runner (dist/oclif.cjs) and every command, with its packages, into files that share
 * chunks: a start then reads a handful of files instead of hundreds. They are CommonJS, because only of a script does V8
 * keep the code that runs have compiled (bin/chunks.js). Nothing is minified, so that a stack trace says something.
 */
export async function bundle(): Promise<void> {
  const fresh = `${root}dist.new`;
  await rm(fresh, { recursive: true, force: true });
  const build = await rolldown({
    ...common,
    input: await entries(),
    plugins: [leanOclif(packageFacts()), leanConf(), leanBuiltins(), plainExports(), asciiOnly()],
  });
  const { output } = await build.write({
    dir: 'dist.new',
    format: 'cjs',
    exports: 'named',
    banner: `'use strict';`,
    entryFileNames: '[name].cjs',
    chunkFileNames: 'chunks/[name]-[hash].cjs',
    codeSplitting: { groups: layerGroups() },
  });
  await build.close();
  await bundleThread();
  const library = output.find(({ fileName }) => fileName === 'index.cjs');
  writeFileSync(`${fresh}/index.js`, moduleOf(library?.type === 'chunk' ? library.exports : []));
  // a build that fails leaves the last good one in its place
  await rm(`${root}dist`, { recursive: true, force: true });
  await rename(fresh, `${root}dist`);
}

/** What a thread begins with is a file by itself, so that it reads nothing that it does not need. */
async function bundleThread(): Promise<void> {
  const build = await rolldown({
    ...common,
    input: { 'scan-thread': 'src/sync/tree/threaded/scan-thread.ts' },
    plugins: [asciiOnly()],
  });
  await build.write({ dir: 'dist.new', format: 'cjs', entryFileNames: '[name].cjs' });
  await build.close();
}

/** The library as an ES module: node's own reading of CommonJS doesn't see all names. */
function moduleOf(names: readonly string[]): string {
  return `import library from './index.cjs';\nexport const { ${names.join(', ')} } = library;\n`;
}

/** Entry points by their name in dist/. */
async function entries(): Promise<Record<string, string>> {
  const found: Record<string, string> = {
    index: 'src/index.ts',
    oclif: OCLIF_ENTRY,
    // the process of a sync that runs apart
    'apart-child': 'src/executor/apart-child.ts',
    // what is loaded only where it is asked for
    'command-help': 'src/terminal/guidance/command-help.ts',
    'unknown-command': 'src/terminal/guidance/unknown-command.ts',
  };
  for await (const file of glob('src/{commands,hooks}/**/*.ts', { cwd: root })) {
    found[file.slice('src/'.length, -'.ts'.length)] = file;
  }
  return found;
}

/** What oclif needs of package.json at run time; built in, so that a start doesn't read it. */
function packageFacts(): object {
  const { name, version, description, type, oclif } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
  return { name, version, description, type, oclif, build: buildName(buildFacts()) };
}
