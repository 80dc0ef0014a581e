/** One claimed tenant from its claim to its release: its key, its syncs, what is known of them. */

import { verifyClientReachable, whyClientSick } from '../clients/home/reachable.ts';
import { type ClientLayout, directoryMode } from '../clients/layout.ts';
import type { Lock } from '../clients/lock.ts';
import { errorOf } from '../executor/apart.ts';
import type { TransferStats } from '../remotes/transfer.ts';
import { type Clock, parseDuration, toIsoSeconds } from '../system/clock.ts';
import { CryptosyncError, type ErrorReport, toCryptosyncError } from '../system/errors.ts';
import { ensureDirectory } from '../system/files.ts';
import { roles, verifyReachable } from '../system/stores/stores.ts';
import type {
  ClaimDocument,
  ReleaseDocument,
  SessionDocument,
  SessionEncryption,
  SessionState,
  SessionSync,
} from './documents.ts';
import { type HookFacts, hookFailed, type SessionHooks } from './hooks.ts';
import { type Journal, type JournalMapping, removeJournal, writeJournal } from './journal.ts';
import { clearEncryptionConfig, type TenantSession } from './session.ts';
import { bringDown, proveKey } from './syncing/bring-down.ts';
import type { Ground } from './syncing/ground.ts';
import { fetchedMappings, sendUp, sentMappings } from './syncing/send-up.ts';
import { noSync, summary } from './syncing/summary.ts';
import { isTakenAway, takeAway } from './syncing/take-away.ts';

export interface LiveFacts {
  readonly session: TenantSession;
  readonly ground: Ground;
  readonly hooks: SessionHooks;
  readonly lock: Lock;
  readonly clock: Clock;
  /** What an interrupted session has left. */
  readonly before: Journal | 'unreadable' | undefined;
}

/** How a session was finished. */
export interface Finished extends Pick<ReleaseDocument, 'files' | 'notes'> {
  readonly sync: SessionSync;
}

export class LiveSession {
  readonly session: TenantSession;
  state: SessionState = 'claiming';
  #progress: TransferStats | null = null;
  nextSync: number | undefined;
  failures = 0;
  readonly #facts: LiveFacts;
  readonly #mappings: Map<string, JournalMapping>;
  #endpoints: Readonly<Record<string, string>> = {};
  #lastSync: SessionDocument['lastSync'] = null;
  #lastSuccess: string | null = null;
  /** Somebody may have written into the directory since it was filled. */
  #mayHaveEdits: boolean;

  constructor(facts: LiveFacts) {
    this.#facts = facts;
    this.session = facts.session;
    this.#mayHaveEdits = facts.before !== undefined;
    const known = typeof facts.before === 'object' ? facts.before.mappings : [];
    this.#mappings = new Map(
      facts.ground.workload.mappings.map(({ path }) => [
        path,
        known.find((mapping) => mapping.path === path) ?? { path, generation: null, sentAt: null },
      ]),
    );
  }

  get layout(): ClientLayout {
    return this.#facts.ground.layout;
  }

  /** The workload's, in milliseconds; undefined where it syncs only when it is told. */
  get interval(): number | undefined {
    const { policy } = this.#facts.ground.workload;
    return policy.interval === undefined ? undefined : parseDuration(policy.interval);
  }

  /**
   * To be asked before anything of the session is touched, because a call into a silent store would stop all others.
   * @throws VAULT_MISSING when a store of the tenant's is dead or silent: a sync that has failed
   */
  verifyStores(): void {
    try {
      verifyClientReachable(this.layout);
      verifyReachable(this.layout.sessionDirectory, roles.source);
    } catch (thrown) {
      this.failures += 1;
      if (this.state === 'releasing') this.state = 'release failed';
      throw this.#failed(thrown);
    }
  }

  /** Proves the key, fills the directory, and starts what runs the tenant. @throws as bringDown, HOOK_FAILED */
  async begin(signal?: AbortSignal): Promise<SessionSync> {
    const { ground, before } = this.#facts;
    const isHalfTakenAway = typeof before === 'object' && before.vacating === true;
    const fetched = fetchedMappings(ground);
    // one that is fetched alone proves its key before it touches anything
    const isProvenLater = fetched.length === 1 && ground.workload.mappings.length === 1 && !isHalfTakenAway;
    if (!isProvenLater) for (const mapping of ground.workload.mappings) await proveKey(ground, mapping);
    if (isHalfTakenAway) await takeAway(ground, { begun: true });
    const { directory, sessionDirectory } = this.layout;
    const sync = await this.#watched(async () => {
      const brought = [];
      for (const mapping of fetched) {
        this.#journal();
        const one = await bringDown(ground, mapping);
        if (one.result !== undefined) this.#note(mapping.path, one.result.generation);
        brought.push(one);
      }
      return summary(brought);
    });
    ensureDirectory(sessionDirectory, directoryMode, directory);
    this.#journal();
    this.#mayHaveEdits = true;
    const { claim } = this.#facts.hooks;
    const told = await this.#hook('claim', async () => await claim?.(this.#hookFacts(), signal));
    this.session.containerId = told?.containerId ?? null;
    this.#endpoints = told?.endpoints ?? {};
    this.state = 'active';
    return sync;
  }

  /** Sends what is here. Two at a time are the caller's to prevent. @throws as sendUp */
  async sync(): Promise<SessionSync> {
    const { ground } = this.#facts;
    const mappings = sentMappings(ground);
    if (mappings.length === 0) return noSync;
    return await this.#watched(async () => {
      const sent = [];
      for (const mapping of mappings) {
        const result = await sendUp(ground, mapping);
        this.#note(mapping.path, result.generation);
        sent.push({ outcome: result.outcome === 'unchanged' ? 'unchanged' : 'synced', result } as const);
      }
      this.#journal();
      return summary(sent);
    });
  }

  /**
   * Stops what runs the tenant, sends the last of it, and takes the files away. The session is still there afterwards.
   * @throws as sendUp, HOOK_FAILED
   */
  async finish(signal?: AbortSignal): Promise<Finished> {
    try {
      const { release } = this.#facts.hooks;
      await this.#hook('release', async () => await release?.(this.#hookFacts(), signal));
      const sync = await this.sync();
      const { ground } = this.#facts;
      if (!isTakenAway(ground)) return { sync, files: 'kept', notes: [] };
      this.#journal({ vacating: true });
      const notes = await takeAway(ground, { begun: false });
      if (notes.length > 0) this.#journal();
      return { sync, files: notes.length === 0 ? 'removed' : 'kept', notes };
    } catch (thrown) {
      this.state = 'release failed';
      throw this.#failed(thrown);
    }
  }

  /**
   * Forgets the key and gives the tenant's lock up. Without an end in order the journal stays where something may not have been
   * sent, and the next claim goes on from it.
   */
  end({ inOrder }: { readonly inOrder: boolean }): void {
    clearEncryptionConfig(this.session);
    const isDone = inOrder || !this.#mayHaveEdits;
    if (isDone && whyClientSick(this.layout) === undefined) removeJournal(this.layout);
    this.#facts.lock.release();
  }

  /** Why the newest sync has failed; undefined when it has not. */
  lastError(): CryptosyncError | undefined {
    const error = this.#lastSync?.error;
    return error === undefined ? undefined : errorOf(error);
  }

  /** How far the sync is that is under way. */
  tellProgress(stats: TransferStats): void {
    this.#progress = stats;
  }

  claimDocument(sync: SessionSync): ClaimDocument {
    const { tenantId, containerId } = this.session;
    return {
      tenantId,
      containerId,
      endpoints: { ...this.#endpoints, directory: this.layout.sessionDirectory },
      encryption: this.#encryption(),
      sync,
    };
  }

  document(): SessionDocument {
    const { tenantId, containerId, workloadId, claimedAt } = this.session;
    const generations = [...this.#mappings.values()].map(({ generation }) => generation ?? 0);
    return {
      tenantId,
      state: this.state,
      containerId,
      workloadId,
      claimedAt,
      directory: this.layout.sessionDirectory,
      encryption: this.#encryption(),
      generation: Math.max(...generations) || null,
      lastSync: this.#lastSync,
      lastSuccess: this.#lastSuccess,
      failures: this.failures,
      nextSync: this.nextSync === undefined ? null : toIsoSeconds(new Date(this.nextSync)),
      progress: this.#progress,
    };
  }

  /** Keeps in mind how a sync ended. */
  async #watched(work: () => Promise<SessionSync>): Promise<SessionSync> {
    try {
      const sync = await work();
      this.#told(sync.outcome);
      this.failures = 0;
      this.#lastSuccess = this.#lastSync?.at ?? null;
      return sync;
    } catch (thrown) {
      this.failures += 1;
      throw this.#failed(thrown);
    }
  }

  #failed(thrown: unknown): CryptosyncError {
    const error = toCryptosyncError(thrown);
    this.#told('failed', error.toReport());
    return error;
  }

  #told(outcome: string, error?: ErrorReport): void {
    this.#lastSync = { at: toIsoSeconds(this.#facts.clock.now()), outcome, ...(error && { error }) };
    this.#progress = null;
  }

  #note(path: string, generation: number | null): void {
    this.#mappings.set(path, { path, generation, sentAt: toIsoSeconds(this.#facts.clock.now()) });
  }

  #journal(more: Pick<Journal, 'vacating'> = {}): void {
    const { tenantId, workloadId, claimedAt, encryption } = this.session;
    writeJournal(this.layout, {
      version: 1,
      tenantId,
      workloadId,
      claimedAt,
      encrypted: encryption !== undefined,
      ...more,
      mappings: [...this.#mappings.values()],
    });
  }

  async #hook<Result>(name: 'claim' | 'release', call: () => Promise<Result>): Promise<Result> {
    try {
      return await call();
    } catch (thrown) {
      if (thrown instanceof CryptosyncError) throw thrown;
      throw hookFailed(this.session, name, toCryptosyncError(thrown).message);
    }
  }

  #hookFacts(): HookFacts {
    const { tenantId, workloadId, containerId, claimedAt } = this.session;
    return { tenantId, workloadId, containerId, claimedAt, directory: this.layout.sessionDirectory };
  }

  #encryption(): SessionEncryption {
    const { encryption } = this.session;
    if (encryption === undefined) return { enabled: false, filenameEncryption: null };
    return { enabled: true, filenameEncryption: encryption.filenameEncryption ?? 'standard' };
  }
}
