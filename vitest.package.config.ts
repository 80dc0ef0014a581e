import { defineConfig } from 'vitest/config';

// The packages as they are installed. Apart from the suite: a bare Debian takes minutes and the network to make.
export default defineConfig({
  test: {
    watch: false,
    passWithNoTests: false,
    include: ['test/package/**/*.test.ts'],
    testTimeout: 600_000,
    hookTimeout: 600_000,
    maxWorkers: 1,
  },
});
