// Prints `N passed, N failed, N skipped` from vitest's JSON report; fails unless something passed and nothing
// failed. Usage: node scripts/count-tests.mjs REPORT

import { readFileSync } from 'node:fs';

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
// A file that could not even be loaded has failed without a failed test of its own.
const unloaded = report.testResults.filter(
  (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
);
const passed = report.numPassedTests;
const failed = report.numFailedTests + unloaded.length;
const skipped = report.numTotalTests - report.numPassedTests - report.numFailedTests;

console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = passed > 0 && failed === 0 && report.success ? 0 : 1;
