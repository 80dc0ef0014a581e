/** `--version` names the build: the commit that was built, and its day. */
import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { buildName } from '../../scripts/build/build-facts.ts';
import { program } from '../support/running-command.ts';

const version = (): string => execFileSync(process.execPath, [program, '--version'], { encoding: 'utf8' });

it('names the version, the node, and the build where it was built in a clone', () => {
  expect(version()).toMatch(
    /^cryptosync\/\d+\.\d+\.\d+\S* linux-x64 node-v\d+\.\d+\.\d+(?: build [0-9a-f]{9,40}(?:\+changes)?, \d{4}-\d\d-\d\d)?\n$/,
  );
});

it('is told by the commit and its day alone, and not at all without one', () => {
  expect(buildName({ commit: '1a2b3c4d5', time: Date.UTC(2026, 0, 31, 23) / 1000 })).toBe(
    'build 1a2b3c4d5, 2026-01-31',
  );
  expect(buildName({ commit: undefined, time: 0 })).toBe('');
});
