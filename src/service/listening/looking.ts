/** Ways into the memory of a node process that its starter opens: none of them while keys are held. */
import { CryptosyncError } from '../../system/errors.ts';

/** A debugger, snapshots and profiles of the heap, reports and core dumps of crashes. */
const looking =
  /^--(?:inspect|debug|heapsnapshot|heap-prof|report|abort-on-uncaught-exception|diagnostic-dir)/;

/** @throws CONFIG_INVALID naming the option */
export function verifyNoLooking(environment: NodeJS.ProcessEnv, argv: readonly string[]): void {
  const given = [...(environment['NODE_OPTIONS'] ?? '').split(/\s+/), ...argv].map((word) =>
    word.replace(/^"/, ''),
  );
  const found = given.find((word) => looking.test(word.replaceAll('_', '-')));
  if (found === undefined) return;
  throw new CryptosyncError(
    'CONFIG_INVALID',
    `node was told ${found}, which lets others look into its memory`,
  );
}
