import { defineConfig } from 'vitest/config';

// unit: pure logic · cli: the command with recording fake tools on PATH · real: the real tools.
// oclif's captureOutput needs disableConsoleIntercept.
export default defineConfig({
  test: {
    watch: false,
    passWithNoTests: false,
    disableConsoleIntercept: true,
    projects: [
      { extends: true, test: { name: 'unit', include: ['test/unit/**/*.test.ts'] } },
      {
        extends: true,
        test: { name: 'cli', include: ['test/cli/**/*.test.ts'], testTimeout: 30_000, hookTimeout: 30_000 },
      },
      {
        extends: true,
        test: {
          name: 'real',
          include: ['test/real/**/*.test.ts'],
          // one more than the machine has cores: many tests wait, for servers that are away or a line that is slow
          maxWorkers: 3,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
