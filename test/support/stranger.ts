/** Another user of the machine than the test's, who is root: he runs a copy of the command that he may read. */
import { chownSync, constants, copyFileSync, cpSync, linkSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Installation } from './installation.ts';
import { type CommandResult, program } from './running-command.ts';

/** `nobody` on Debian: no home, no files. */
export const nobody = 65_534;

export interface ReadableProgram {
  readonly node: string;
  readonly script: string;
}

/** Copies node and the built command to where everybody may read them; the clone may lie in root's home. */
export function readableProgram(installation: Installation): ReadableProgram {
  const directory = installation.path('program');
  const project = dirname(dirname(program));
  mkdirSync(join(directory, 'bin'), { recursive: true });
  const node = join(directory, 'node');
  try {
    linkSync(process.execPath, node);
  } catch {
    copyFileSync(process.execPath, node, constants.COPYFILE_FICLONE);
  }
  cpSync(join(project, 'dist'), join(directory, 'dist'), { recursive: true });
  for (const name of ['bin/run.js', 'bin/chunks.js', 'package.json', 'oclif.manifest.json'])
    copyFileSync(join(project, name), join(directory, name));
  return { node, script: join(directory, 'bin', 'run.js') };
}

/** Runs the command as `nobody`, with a home of his own and nothing of root's environment but PATH. */
export function asNobody(
  installation: Installation,
  { node, script }: ReadableProgram,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<CommandResult> {
  const home = installation.path('nobody');
  if (mkdirSync(home, { recursive: true }) !== undefined) chownSync(home, nobody, nobody);
  const { PATH, TMPDIR } = installation.environment;
  const environment = { PATH, TMPDIR, HOME: home, NODE_DISABLE_COMPILE_CACHE: '1', ...env };
  return installation.runProgram(node, [script, ...args], { environment, uid: nobody, gid: nobody });
}
