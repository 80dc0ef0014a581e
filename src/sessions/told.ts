/** What a session's ledger and the log are told of its claims, syncs and releases. */
import { type ClientLayout, sessionLedger } from '../clients/layout.ts';
import { type RunContext, recorded } from '../runs/recorded.ts';
import type { SessionSync } from './documents.ts';
import type { TenantSession } from './session.ts';

interface ToldRun {
  /** `session-claim`, `session-sync`, `session-release`. */
  readonly operation: string;
  readonly session: TenantSession;
  readonly layout: ClientLayout;
}

/** Runs `work`, and records its beginning and end. Nothing of the key is among the facts. */
export async function loggedSession<Result extends SessionSync>(
  context: RunContext,
  { operation, session, layout }: ToldRun,
  work: () => Promise<Result>,
): Promise<Result> {
  const { client, directory } = layout;
  const facts = { workload: session.workloadId };
  return await recorded(
    context,
    { layout: { client, directory, profile: 'session', ledger: sessionLedger(layout) }, operation, facts },
    work,
    ({ outcome, ...sync }) => ({ outcome, facts: factsOf(sync) }),
  );
}

/** By the names that a ledger has for them. */
function factsOf({ files, bytes, generation }: Omit<SessionSync, 'outcome'>): Record<string, unknown> {
  return { filesTransferred: files, bytesTransferred: bytes, ...(generation !== null && { generation }) };
}
