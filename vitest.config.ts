import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Begins with the files that take longest, so that none of them runs alone at the end. Those that mostly wait, for servers
 * that are away and lines that are slow, begin between others: side by side they would leave the processors idle.
 */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const [waiting, others] = parted(
      sorted,
      /\/(servers-|weak-|sick-|schedule-cron|interruption-|service-sinks)/,
    );
    const [long, rest] = parted(others, /\/(cryfs|kill-|changes|pairs|key-check)/);
    const working = [...long, ...rest];
    const between = waiting.flatMap((file, index) => [file, ...working.slice(index * 2, index * 2 + 2)]);
    return [...between, ...working.slice(waiting.length * 2)];
  }
}

function parted(
  files: readonly TestSpecification[],
  name: RegExp,
): [TestSpecification[], TestSpecification[]] {
  return [
    files.filter(({ moduleId }) => name.test(moduleId)),
    files.filter(({ moduleId }) => !name.test(moduleId)),
  ];
}

// unit: pure logic · cli: the command with recording fake tools on PATH · real: the real tools.
// oclif's captureOutput needs disableConsoleIntercept.
export default defineConfig({
  test: {
    watch: false,
    passWithNoTests: false,
    disableConsoleIntercept: true,
    sequence: { sequencer: LongestFirst },
    projects: [
      // a process that is started beside others' real tools may take seconds
      { extends: true, test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 30_000 } },
      {
        extends: true,
        test: { name: 'cli', include: ['test/cli/**/*.test.ts'], testTimeout: 30_000, hookTimeout: 30_000 },
      },
      {
        extends: true,
        test: {
          name: 'real',
          include: ['test/real/**/*.test.ts'],
          globalSetup: ['test/support/quick-engines/set-up.ts'],
          // two more than CI has cores: many tests wait, for servers that are away or a line that is slow
          maxWorkers: 4,
          // real servers and mounts on a machine that others use too: once late is told by count-tests, twice is a fault
          retry: process.env.CI ? 1 : 0,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
