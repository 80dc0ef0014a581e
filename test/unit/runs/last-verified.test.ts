/** What the list of generations says of checks: nothing that was found damaged is called whole by an older or looser look. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readLastVerified } from '../../../src/runs/last-verified.ts';
import { scratchDirectory } from '../../support/scratch.ts';

/** Day of the month, how closely, and what was found. */
type Check = readonly [day: number, how: string, outcome: string];

function checkedAfter(checks: readonly Check[]) {
  const file = join(scratchDirectory(), 'ledger.jsonl');
  const lines = checks.map(([day, how, outcome], index) => {
    const places = [{ source: null, remote: 'r:p', how, outcome, generation: 1, id: 'one' }];
    const run = { run: `${index}`, at: `2026-01-0${day}T02:00:00Z`, operation: 'verify' };
    return JSON.stringify({ ...run, event: 'ended', outcome, places });
  });
  writeFileSync(file, `${lines.join('\n')}\n`);
  const { verified, damaged } = readLastVerified(file).get('one') ?? { verified: null, damaged: null };
  const told = (one: { at: string; how: string } | null) => one && `${one.at.slice(9, 10)} ${one.how}`;
  return { verified: told(verified), damaged: told(damaged) };
}

describe('what is known of a generation', () => {
  it.each<[string, readonly Check[], string | null, string | null]>([
    ['nobody looked', [], null, null],
    ['it could not be checked', [[1, 'deep', 'unchecked']], null, null],
    [
      'the closest of two',
      [
        [1, 'deep', 'verified'],
        [2, 'quick', 'verified'],
      ],
      '1 deep',
      null,
    ],
    [
      'the newest of equal ones',
      [
        [1, 'deep', 'verified'],
        [2, 'deep', 'verified'],
      ],
      '2 deep',
      null,
    ],
    [
      'damage after it was whole',
      [
        [1, 'drill', 'verified'],
        [2, 'quick', 'damaged'],
      ],
      '1 drill',
      '2 quick',
    ],
    [
      'a looser look after damage',
      [
        [1, 'deep', 'damaged'],
        [2, 'quick', 'verified'],
      ],
      '2 quick',
      '1 deep',
    ],
    [
      'as close a look after damage',
      [
        [1, 'deep', 'damaged'],
        [2, 'deep', 'verified'],
      ],
      '2 deep',
      null,
    ],
    [
      'a closer look after damage',
      [
        [1, 'quick', 'damaged'],
        [2, 'drill', 'verified'],
      ],
      '2 drill',
      null,
    ],
    [
      'no look after damage',
      [
        [1, 'deep', 'damaged'],
        [2, 'deep', 'unchecked'],
      ],
      null,
      '1 deep',
    ],
    [
      'damage that was mended, and damage since',
      [
        [1, 'deep', 'damaged'],
        [2, 'deep', 'verified'],
        [3, 'quick', 'damaged'],
      ],
      '2 deep',
      '3 quick',
    ],
  ])('%s', (_, checks, verified, damaged) => {
    expect(checkedAfter(checks)).toEqual({ verified, damaged });
  });
});
