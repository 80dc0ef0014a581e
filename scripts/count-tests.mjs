// Prints `N passed, N failed, N skipped` from vitest's JSON report, and before it each test that passed at its second
// try only, with what went wrong at the first; fails unless something passed and nothing failed.
// Usage: node scripts/count-tests.mjs REPORT

import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
// A file that could not even be loaded has failed without a failed test of its own.
const unloaded = report.testResults.filter(
  (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
);
const passed = report.numPassedTests;
const failed = report.numFailedTests + unloaded.length;
const skipped = report.numTotalTests - report.numPassedTests - report.numFailedTests;

// A test that was tried again keeps the message of the try that failed.
for (const { name: file, assertionResults } of report.testResults) {
  for (const { status, fullName, failureMessages } of assertionResults) {
    if (status === 'passed' && failureMessages.length > 0) {
      console.log(
        `passed at the second try: ${relative('', file)}: ${fullName}\n  ${failureMessages.join('\n  ')}`,
      );
    }
  }
}
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = passed > 0 && failed === 0 && report.success ? 0 : 1;
