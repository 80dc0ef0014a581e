import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { root } from './root.ts';

/** Writes the library's .d.ts files into dist/. */
export async function emitTypes(): Promise<void> {
  try {
    await promisify(execFile)('tsc', ['-p', 'tsconfig.types.json'], {
      cwd: root,
      env: { ...process.env, PATH: `${root}node_modules/.bin:${process.env['PATH']}` },
    });
  } catch (error) {
    const { stdout } = error as { stdout?: string };
    throw new Error(`tsc could not write the types:\n${stdout ?? error}`);
  }
}
