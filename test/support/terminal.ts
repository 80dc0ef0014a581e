/** The built command on a terminal of its own (tmux): what an operator sees there, and what he types. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Installation } from './installation.ts';
import { waitUntil } from './machine.ts';
import { program } from './running-command.ts';

export interface Terminal {
  /** What is on the screen, and what has left it. */
  shown(): string;
  /** Waits until a text is shown. @throws with the screen when it does not come */
  waitFor(text: string | RegExp): Promise<void>;
  /** Types a text, which may hold anything, and Return. */
  enter(text: string): void;
  /** Presses keys by tmux's names: `Down`, `Enter`, `C-c`. */
  press(...keys: string[]): void;
  /** The exit code of the command, once it has ended. */
  exitCode(): Promise<number>;
  /** Takes the terminal away. Cleaning the installation up does it as well. */
  close(): void;
}

const deadline = 30_000;

/** Starts the command. @param env above the installation's own; undefined takes a variable away. @param columns its width */
export function openTerminal(
  installation: Installation,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  columns = 180,
): Terminal {
  const directory = mkdtempSync(installation.path('terminal-'));
  const codeFile = join(directory, 'exit-code');
  const environment = { TERM: 'screen', LANG: 'C.UTF-8', ...installation.environment, ...env };
  const tmux = (...words: string[]): string =>
    execFileSync('tmux', ['-S', join(directory, 'socket'), '-f', '/dev/null', ...words], {
      env: environment,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  // it stays open until the command has ended and its screen was read, also when that was ended by Ctrl-C
  const script = `trap : INT; "$@"; echo $? >${codeFile}.new; mv ${codeFile}.new ${codeFile}; read -r _`;
  const size = ['-x', String(columns), '-y', '50'];
  tmux('new-session', '-d', ...size, 'sh', '-c', script, 'sh', process.execPath, program, ...args);
  const shown = (): string => tmux('capture-pane', '-p', '-J', '-S', '-');
  const wait = async (what: string, condition: () => boolean): Promise<void> => {
    if (!(await waitUntil(condition, deadline))) throw new Error(`${what} did not come. Shown:\n${shown()}`);
  };
  return {
    shown,
    waitFor: (text) =>
      wait(String(text), () => (typeof text === 'string' ? shown().includes(text) : text.test(shown()))),
    enter(text) {
      if (text !== '') tmux('send-keys', '-l', '--', text);
      tmux('send-keys', 'Enter');
    },
    press: (...keys) => void tmux('send-keys', ...keys),
    async exitCode() {
      await wait('the end', () => existsSync(codeFile));
      return Number(readFileSync(codeFile, 'utf8'));
    },
    close: () => void tmux('kill-server'),
  };
}
