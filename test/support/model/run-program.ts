/** The program that does one run in a process of its own, made one file: as two hundred it takes longer to load than to run. */
import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { modelKey } from './places.ts';
import type { Asked, Machine, ModelPlace } from './world.ts';

let made: Promise<string> | undefined;

/** @returns its path; it is made once for all tests, and goes with them */
export function runProgram(): Promise<string> {
  made ??= makeProgram(process.env['MADE_FOR_ALL_TESTS'] ?? ownDirectory());
  return made;
}

/** Outside of the tests it goes with this process. */
function ownDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'cryptosync-run-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

async function makeProgram(directory: string): Promise<string> {
  const file = join(directory, 'run-one.mjs');
  if (existsSync(file)) return file;
  const build = await rolldown({
    input: fileURLToPath(new URL('run-one.ts', import.meta.url)),
    platform: 'node',
  });
  const part = `${file}.${process.pid}`;
  await build.write({ file: part, format: 'esm' });
  await build.close();
  renameSync(part, file);
  return file;
}

/** What it is to do, as its argument. */
export function runRequest(machine: Machine, { key, ...place }: ModelPlace, asked: Asked): string {
  return JSON.stringify({ machine, place, asked, ...(key !== undefined && { key: modelKey }) });
}
