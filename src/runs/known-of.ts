/** What is known of a run, as names and texts: hooks get it as variables, the journal as fields. */
import type { Run, RunEnd } from './observer.ts';

/** By names such as `CLIENT`; what is not known is left out. No secret is among it. */
export function knownOf({ id, operation, layout }: Run, end?: RunEnd): Readonly<Record<string, string>> {
  const fact = (name: string): unknown => end?.facts?.[name];
  const facts: Readonly<Record<string, unknown>> = {
    OPERATION: operation,
    CLIENT: layout?.client,
    PROFILE: layout?.profile,
    RUN_ID: id,
    RESULT: end?.result,
    OUTCOME: end?.outcome,
    EXIT_CODE: end?.exitCode,
    ERROR: end?.error?.code,
    DURATION_MS: end?.durationMs,
    REMOTE: fact('remote'),
    DIRECTION: fact('direction'),
    FILES: fact('filesTransferred'),
    BYTES: fact('bytesTransferred'),
    DELETED: fact('deleted'),
    GENERATION: fact('generation'),
  };
  return Object.fromEntries(
    Object.entries(facts).flatMap(([name, value]) =>
      value === undefined || value === null ? [] : [[name, String(value)]],
    ),
  );
}
