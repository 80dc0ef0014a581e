import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readMachine } from '../../../../src/operations/status/machine.ts';
import { toIsoSeconds } from '../../../../src/system/clock.ts';
import { holdLock } from '../../../support/held-lock.ts';
import { scratchDirectory } from '../../../support/scratch.ts';

it('looks for held locks once for all runs that had begun by then, and again for one that may have begun since', async () => {
  const scratch = scratchDirectory();
  const machine = readMachine([]);
  const [one, other] = [join(scratch, 'one.lock'), join(scratch, 'other.lock')];
  const held = [await holdLock(one, process.env)];
  try {
    expect(machine.heldAfter('2026-01-31T02:00:00Z')).toContain(one);
    held.push(await holdLock(other, process.env));
    expect(machine.heldAfter('2026-01-31T02:00:00Z')).not.toContain(other);
    expect(machine.heldAfter(toIsoSeconds(new Date()))).toContain(other);
    expect(machine.heldAfter('at no time that a clock can read')).toContain(other);
  } finally {
    for (const lock of held) await lock.release();
    machine.close();
  }
});
