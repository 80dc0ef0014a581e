/** The completion scripts that come with the program: reading one, and putting it where its shell looks. */
import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { logged } from '../runs/recorded.ts';
import { CryptosyncError } from '../system/errors.ts';
import { ensureDirectory, kindOf, readTextIfPresent, writeFileAtomic } from '../system/files.ts';
import type { Context } from './context.ts';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** The script's name in the package's `completions/`. */
const scripts: Readonly<Record<Shell, string>> = {
  bash: 'cryptosync.bash',
  zsh: '_cryptosync',
  fish: 'cryptosync.fish',
};

/** The name under which its shell finds it. */
const installedNames: Readonly<Record<Shell, string>> = {
  bash: 'cryptosync',
  zsh: '_cryptosync',
  fish: 'cryptosync.fish',
};

const systemDirectories: Readonly<Record<Shell, string>> = {
  bash: '/usr/local/share/bash-completion/completions',
  zsh: '/usr/local/share/zsh/site-functions',
  fish: '/etc/fish/completions',
};

const scriptFileMode = 0o644;
const scriptDirectoryMode = 0o755;

/** @param directory the package's `completions/`. */
export function readCompletionScript(shell: Shell, directory: string): string {
  return readFileSync(join(directory, scripts[shell]), 'utf8');
}

/** The shell that the operator logs in with. @throws USAGE when it is none of the three */
export function currentShell(environment: NodeJS.ProcessEnv): Shell {
  const name = basename(environment['SHELL'] ?? '');
  const found = shells.find((shell) => shell === name);
  if (found !== undefined) return found;
  const what = name === '' ? 'SHELL is not set' : `there are no completions for ${name}`;
  throw new CryptosyncError('USAGE', `${what}`, { advice: { to: 'name-shell', shells } });
}

export interface CompletionsRequest {
  readonly shell: Shell;
  /** The package's `completions/`. */
  readonly source: string;
  /** Where to put the script; undefined is where the shell looks, for this user or, as root, for all. */
  readonly directory?: string | undefined;
}

export interface CompletionsResult {
  readonly shell: Shell;
  readonly path: string;
  /** False when it was there already. */
  readonly changed: boolean;
  /** What the operator has yet to do. */
  readonly next: string;
}

/**
 * Puts a shell's script in its place, atomically.
 * @throws CONFIG_INVALID when something that is not ours stands there, USAGE without a HOME
 */
export async function installCompletions(
  context: Context,
  request: CompletionsRequest,
): Promise<CompletionsResult> {
  const { shell, source } = request;
  const directory = request.directory ?? standardDirectory(context, shell);
  const path = join(directory, installedNames[shell]);
  const text = readCompletionScript(shell, source);
  verifyOurs(path);
  const changed = !isSame(path, text);
  if (changed) {
    const run = { subject: shell, operation: 'completions install', intent: path };
    const write = async (): Promise<void> => {
      ensureDirectory(directory, scriptDirectoryMode);
      writeFileAtomic(path, text, scriptFileMode);
    };
    await logged(context, run, write, { describe: () => ({ outcome: 'written', did: path }) });
  }
  return { shell, path, changed, next: nextStep(shell, path, request.directory === undefined) };
}

function standardDirectory({ environment, userId }: Context, shell: Shell): string {
  if (userId === 0) return systemDirectories[shell];
  const home = environment['HOME'];
  const data = environment['XDG_DATA_HOME'] || (home && join(home, '.local', 'share'));
  const config = environment['XDG_CONFIG_HOME'] || (home && join(home, '.config'));
  const base = shell === 'fish' ? config : data;
  if (!base) {
    throw new CryptosyncError('USAGE', 'there is no HOME to install completions in', {
      advice: { to: 'name-completion-directory' },
    });
  }
  const below = { bash: 'bash-completion/completions', zsh: 'zsh/site-functions', fish: 'fish/completions' };
  return join(base, below[shell]);
}

function verifyOurs(path: string): void {
  const kind = kindOf(path);
  if (kind === 'none' || kind === 'link') return;
  if (kind === 'file' && readTextIfPresent(path)?.includes('completion for cryptosync.')) return;
  throw new CryptosyncError('CONFIG_INVALID', `${path} exists and is not a completion script of cryptosync`, {
    advice: { to: 'move-completions-away' },
  });
}

function isSame(path: string, text: string): boolean {
  return (
    kindOf(path) === 'file' &&
    readTextIfPresent(path) === text &&
    (lstatSync(path).mode & 0o777) === scriptFileMode
  );
}

/** Where distributions put the package that loads bash's completion scripts by themselves. */
const bashCompletion = [
  '/usr/share/bash-completion/bash_completion',
  '/usr/local/share/bash-completion/bash_completion',
];

function nextStep(shell: Shell, path: string, isStandardPlace: boolean): string {
  const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
  switch (shell) {
    case 'bash':
      return isStandardPlace && bashCompletion.some((file) => existsSync(file))
        ? 'Open a new shell.'
        : `Add this line to ~/.bashrc, then open a new shell: . ${quoted(path)}`;
    case 'zsh':
      return dirname(path) === systemDirectories.zsh
        ? 'Open a new shell. It needs `autoload -Uz compinit && compinit` in ~/.zshrc.'
        : `Add this line to ~/.zshrc above compinit, then open a new shell: fpath=(${quoted(dirname(path))} $fpath)`;
    case 'fish':
      return isStandardPlace
        ? 'fish takes it at once.'
        : `Add this line to config.fish: set -p fish_complete_path ${quoted(dirname(path))}`;
  }
}
