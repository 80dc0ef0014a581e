/** The completion scripts in the shells that they are for. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Shell } from '../../src/operations/completions.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The generated script of each shell. */
export const completionScripts: Readonly<Record<Shell, string>> = {
  bash: here('../../completions/cryptosync.bash'),
  zsh: here('../../completions/_cryptosync'),
  fish: here('../../completions/cryptosync.fish'),
};

const drivers: Readonly<Record<Shell, readonly [string, ...string[]]>> = {
  bash: ['bash', '--norc', '--noprofile', here('shells/complete.bash')],
  zsh: ['zsh', '-f', here('shells/complete.zsh')],
  fish: ['fish', '--no-config', here('shells/complete.fish')],
};

export interface Completion {
  readonly matches: readonly string[];
}

/** The program that has a shell complete a line so many times: the times on its first line, then the matches. */
export function completionCommand(
  shell: Shell,
  words: readonly string[],
  runs = 1,
  script = completionScripts[shell],
): { readonly file: string; readonly args: readonly string[] } {
  const [file, ...args] = drivers[shell];
  const line = shell === 'bash' ? words : [words.join(' ')];
  return { file, args: [...args, script, String(runs), ...line] };
}

/**
 * What a shell offers.
 * @param words of the line as typed, quotes and all; the last is the one being completed, empty after a space.
 */
export async function completeIn(
  shell: Shell,
  words: readonly string[],
  environment: NodeJS.ProcessEnv,
  { script }: { script?: string } = {},
): Promise<Completion> {
  const { file, args } = completionCommand(shell, words, 1, script);
  const { stdout } = await promisify(execFile)(file, [...args], {
    env: environment,
    maxBuffer: 16 * 1024 * 1024,
    timeout: 60_000,
  });
  const [_times, ...matches] = stdout.split('\n');
  return { matches: [...new Set(matches.filter((match) => match !== ''))].sort() };
}

/** Types keys into a bash on a terminal, where cryptosync prints its arguments. @returns these arguments. */
export async function typeInBash(keys: string, environment: NodeJS.ProcessEnv): Promise<string[]> {
  const args = ['-f', here('shells/type-in-bash.zsh'), completionScripts.bash, keys];
  const { stdout } = await promisify(execFile)('zsh', args, { env: environment, timeout: 60_000 });
  return [...stdout.matchAll(/<<(.*?)>>/g)].map(([, argument]) => argument ?? '');
}
