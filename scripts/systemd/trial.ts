/** What the scenes of the trial have in common: a machine, sentences, and how many of them were not true. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Machine } from './machine.ts';

/** Milliseconds in which something that comes by time has come. */
export const aWhile = 120_000;

export class Trial {
  readonly machine: Machine;
  failures = 0;

  constructor(machine: Machine) {
    this.machine = machine;
  }

  /** One sentence, and whether it is true. */
  check(sentence: string, isTrue: boolean, details = ''): void {
    if (!isTrue) this.failures += 1;
    console.log(`${isTrue ? 'ok    ' : 'FAILED'} ${sentence}${isTrue ? '' : `\n${details}`}`);
  }

  /** Runs what must succeed. */
  must(script: string): string {
    const { exitCode, output } = this.machine.run(script);
    if (exitCode !== 0) throw new Error(`exit ${exitCode} of: ${script}\n${output}`);
    return output;
  }

  /** What a script prints, whether or not it succeeds. */
  says(script: string): string {
    return this.machine.run(script).output.trim();
  }

  /** What the first process of the machine sees, and with it everybody in no namespace of his own. */
  isMounted(directory: string): boolean {
    return this.says(`grep -c ' ${directory} .* - fuse.gocryptfs ' /proc/1/mountinfo`) === '1';
  }

  /** How many syncs of a client have ended well. */
  syncs(client: string): number {
    const ledger = `${client}/cryptosync/state/ledger-default.jsonl`;
    return Number(this.says(`grep '"operation":"sync".*"event":"ended"' ${ledger} | grep -vc '"error"'`));
  }

  async until(condition: () => boolean, milliseconds = aWhile): Promise<boolean> {
    for (const end = Date.now() + milliseconds; Date.now() < end; await pause(500))
      if (condition()) return true;
    return false;
  }
}
