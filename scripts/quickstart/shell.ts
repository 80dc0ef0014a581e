/** Runs command lines as a person would type them, and shows each before its output. */
import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import { styleText } from 'node:util';
import type { Scratch } from './scratch.ts';

export class Shell {
  readonly #directory: string;
  readonly #environment: Record<string, string>;
  #child: ChildProcess | undefined;
  #stoppedBy: NodeJS.Signals | undefined;

  constructor({ path, environment }: Scratch) {
    this.#directory = path;
    this.#environment = { ...environment };
  }

  /** Runs a line in the scratch directory. @throws when it fails, or the shell was stopped. */
  async run(line: string): Promise<void> {
    this.#verifyNotStopped();
    show(`$ ${line}`);
    const status = await this.#status(line);
    this.#verifyNotStopped();
    if (status !== 0) throw new Error(`\`${line}\` failed (${status})`);
  }

  async #status(line: string): Promise<number | NodeJS.Signals | null> {
    const status = await new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
      // a process group of its own: a Ctrl-C reaches it through `stop` alone, once
      this.#child = spawn('/bin/sh', ['-c', line], {
        cwd: this.#directory,
        env: this.#environment,
        stdio: ['ignore', 'inherit', 'inherit'],
        detached: true,
      });
      this.#child.once('error', reject);
      this.#child.once('close', (code, signal) => resolve(code ?? signal));
    });
    // a signal may end the shell before the program that it runs
    while (this.#signalGroup(0)) await setTimeout(20);
    this.#child = undefined;
    return status;
  }

  /** Sets a variable for the lines that follow. */
  export(name: string, value: string): void {
    show(`$ export ${name}=${value}`);
    this.#environment[name] = value;
  }

  /** Says what comes next, as a comment. */
  explain(text: string): void {
    console.log(`\n${styleText('bold', `# ${text}`)}`);
  }

  /** Ends the line that runs, and lets no other begin. */
  stop(signal: NodeJS.Signals): void {
    this.#stoppedBy = signal;
    this.#signalGroup(signal);
  }

  /** Sends a signal to what runs; 0 only asks. @returns whether anything does */
  #signalGroup(signal: NodeJS.Signals | 0): boolean {
    const pid = this.#child?.pid;
    try {
      return pid !== undefined && process.kill(-pid, signal);
    } catch {
      return false; // it has ended
    }
  }

  #verifyNotStopped(): void {
    if (this.#stoppedBy !== undefined) throw new Error(`stopped by ${this.#stoppedBy}`);
  }
}

function show(line: string): void {
  console.log(styleText('cyan', line));
}
