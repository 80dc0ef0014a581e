/**
 * The sessions of one process: who is claimed, one at a time for each tenant; what they send and when; and that no key
 * outlives its session. It knows no server: a program with a container runtime of its own uses it as it is.
 */
import { isAbsolute } from 'node:path';
import { clientLayout } from '../clients/layout.ts';
import { Spare } from '../executor/spare.ts';
import { type Clock, pause, systemClock } from '../system/clock.ts';
import { CryptosyncError, toCryptosyncError } from '../system/errors.ts';
import { silentLog } from '../system/log.ts';
import { forbidCoreDumps } from '../system/process/core-dumps.ts';
import { delayAfter } from './backoff.ts';
import type {
  ClaimDocument,
  ReleaseDocument,
  SessionDocument,
  SessionSync,
  SyncDocument,
} from './documents.ts';
import { type Limit, limitTo } from './limit.ts';
import type { Finished, LiveSession } from './live-session.ts';
import { listInterrupted, sessionOnDisk } from './on-disk.ts';
import { type Claiming, openSession } from './open-session.ts';
import {
  alreadyClaimed,
  ending,
  notClaimed,
  parseTenantId,
  releasedByForce,
  takenOver,
  verifyKeyFits,
  verifySettled,
} from './refusals.ts';
import { embeddedRegistry, isLease, type Lease, type Owner, type Registry } from './registry.ts';
import { clearEncryptionConfig, holdEncryption } from './session.ts';
import type { ClaimRequest, CloseRequest, CoordinatorSettings, ReleaseRequest } from './settings.ts';
import { loggedSession } from './told.ts';

const defaultDrain = 60_000;

export class SyncCoordinator {
  readonly #settings: CoordinatorSettings;
  readonly #registry: Registry;
  readonly #limit: Limit;
  readonly #clock: Clock;
  /** The process that waits for the next sync. */
  readonly #spare: Spare | undefined;
  readonly #sessions = new Map<string, Held>();
  /** Claims that have not ended, by their tenants. */
  readonly #claims = new Map<string, Promise<unknown>>();
  #isClosing = false;

  /** @throws CONFIG_INVALID when the root is no absolute path */
  constructor(settings: CoordinatorSettings) {
    if (typeof settings?.root !== 'string' || !isAbsolute(settings.root)) {
      throw new CryptosyncError('CONFIG_INVALID', 'the coordinator needs a root, an absolute path');
    }
    this.#settings = settings;
    this.#registry = settings.registry ?? embeddedRegistry();
    this.#limit = limitTo(settings.concurrency ?? 4);
    this.#clock = settings.clock ?? systemClock;
    this.#spare = settings.keepsSpare ? new Spare(settings.environment ?? process.env) : undefined;
  }

  /** Whether claims are taken: not while it closes. */
  get isReady(): boolean {
    return !this.#isClosing;
  }

  /**
   * Claims a tenant: proves its key, fills its directory, and starts what runs it.
   * @throws INVALID_TENANT_ID, WORKLOAD_NOT_FOUND, KEY_REQUIRED, USAGE for a key that the workload takes none of,
   * INVALID_ENCRYPTION_KEY, DECRYPTION_FAILED, ALREADY_CLAIMED, LOCKED, NOT_READY, REMOTE_BEHIND, HOOK_FAILED, and what the sink fails with. The tenant is not
   * claimed then, and the key is forgotten.
   */
  async onClaim(tenantId: string, request: ClaimRequest): Promise<ClaimDocument> {
    const tenant = parseTenantId(tenantId);
    if (this.#isClosing) throw ending();
    const workload = this.#settings.workloads(request.workloadId);
    verifyKeyFits(request, workload);
    if (this.#sessions.has(tenant) || this.#claims.has(tenant)) throw alreadyClaimed(tenant);
    const encryption = request.encryption === undefined ? undefined : holdEncryption(request.encryption);
    const claim = this.#claim({ tenant, workload, encryption, request });
    this.#claims.set(
      tenant,
      claim.catch(() => {}),
    );
    try {
      return await claim;
    } catch (error) {
      clearEncryptionConfig({ encryption });
      throw error;
    } finally {
      this.#claims.delete(tenant);
    }
  }

  /** Sends what a claimed tenant has written. While a sync of it runs, it is that one. @throws TENANT_NOT_CLAIMED, … */
  async triggerSync(tenantId: string): Promise<SyncDocument> {
    const held = await this.#held(tenantId);
    verifySettled(held.live);
    return { tenantId, sync: await this.#sync(held) };
  }

  /**
   * Releases a tenant: stops what runs it, sends the last of it, and forgets the key.
   * @throws TENANT_NOT_CLAIMED, HOOK_FAILED, and what the final sync fails with: the session stays, with its key and its
   * files, to be released again or by force
   */
  async onRelease(tenantId: string, { force = false }: ReleaseRequest = {}): Promise<ReleaseDocument> {
    const held = await this.#held(tenantId);
    const { live } = held;
    if (live.state === 'claiming' || !force) verifySettled(live);
    const directory = live.layout.sessionDirectory;
    // who has seen it fail does not want to wait once more
    const isTried = live.state !== 'active';
    try {
      if (force && isTried) throw live.lastError() ?? releasedByForce(tenantId);
      return { tenantId, outcome: 'released', ...(await this.#finish(held)), directory };
    } catch (thrown) {
      const error = toCryptosyncError(thrown);
      if (!force) throw error;
      held.stop.abort(releasedByForce(tenantId));
      await held.syncing?.catch(() => {});
      await this.#end(held, { inOrder: false });
      const note = `not everything may have been sent: ${error.message}. The files stay in ${directory}, unencrypted, and the next claim goes on from them`;
      return { tenantId, outcome: 'forgotten', sync: null, files: 'kept', notes: [note], directory };
    }
  }

  /** What is known of a tenant. @throws INVALID_TENANT_ID, TENANT_NOT_CLAIMED */
  async status(tenantId: string): Promise<SessionDocument> {
    const tenant = parseTenantId(tenantId);
    const live = this.#sessions.get(tenant)?.live;
    if (live !== undefined) return live.document();
    const interrupted = sessionOnDisk(clientLayout(this.#settings.root, tenant), false);
    if (interrupted !== undefined) return interrupted;
    throw notClaimed(tenant, await this.#registry.ownerElsewhere(tenant));
  }

  /** All tenants that are claimed here, or were when their server ended, by their names. */
  list(): SessionDocument[] {
    const live = [...this.#sessions.values()].map((held) => held.live.document());
    const known = new Set(live.map(({ tenantId }) => tenantId));
    const interrupted = listInterrupted(this.#settings.root).filter(({ tenantId }) => !known.has(tenantId));
    return [...live, ...interrupted].sort((a, b) => (a.tenantId < b.tenantId ? -1 : 1));
  }

  /** Which other node holds a tenant; undefined when none does. @throws NOT_READY */
  async ownerElsewhere(tenantId: string): Promise<Owner | undefined> {
    return await this.#registry.ownerElsewhere(parseTenantId(tenantId));
  }

  /** Releases everybody, as far as the time goes, and forgets all keys. Nothing is claimed any more. */
  async close({ drain = defaultDrain }: CloseRequest = {}): Promise<void> {
    this.#isClosing = true;
    const over = new CryptosyncError('INTERRUPTED', 'the time for final syncs is over');
    // a claim that has not ended has nothing to send
    for (const { live, stop } of this.#sessions.values()) if (live.state === 'claiming') stop.abort(ending());
    await Promise.all(this.#claims.values());
    const all = [...this.#sessions.values()];
    const done = new AbortController();
    const releases = Promise.all(all.map((held) => this.#drain(held))).finally(() => done.abort());
    await Promise.race([releases, pause(drain, done.signal)]);
    for (const { stop } of this.#sessions.values()) stop.abort(over);
    await releases;
    await this.#spare?.close();
    await this.#registry.close();
  }

  async #drain(held: Held): Promise<void> {
    try {
      if (held.live.state === 'releasing') await held.syncing;
      else await this.#finish(held);
    } catch {
      // its ledger and the log tell why; its files stay, and the next claim goes on from them
      await this.#end(held, { inOrder: false });
    }
  }

  async #claim(claiming: Claiming): Promise<ClaimDocument> {
    const { tenant } = claiming;
    await forbidCoreDumps(this.#settings.environment ?? process.env);
    const lease = await this.#registry.acquire(tenant);
    if (!isLease(lease)) throw alreadyClaimed(tenant, lease);
    try {
      return await this.#enter(claiming, lease);
    } catch (error) {
      await lease.release();
      throw error;
    }
  }

  async #enter(claiming: Claiming, lease: Lease): Promise<ClaimDocument> {
    const { tenant, request } = claiming;
    const stop = new AbortController();
    const abort = (): void => stop.abort(request.signal?.reason);
    request.signal?.addEventListener('abort', abort, { once: true });
    if (request.signal?.aborted) abort();
    try {
      const live = await openSession({ ...this.#settings, spare: this.#spare }, claiming, stop.signal);
      const held: Held = { live, lease, stop };
      this.#sessions.set(tenant, held);
      try {
        const sync = await this.#told(held, 'session-claim', () =>
          this.#limit.run(() => live.begin(stop.signal)),
        );
        this.#schedule(held);
        lease.lost.addEventListener('abort', () => void this.#drop(held), { once: true });
        if (lease.lost.aborted) void this.#drop(held);
        return live.claimDocument(sync);
      } catch (error) {
        this.#sessions.delete(tenant);
        live.end({ inOrder: false });
        throw error;
      }
    } finally {
      request.signal?.removeEventListener('abort', abort);
    }
  }

  async #held(tenantId: string): Promise<Held> {
    const tenant = parseTenantId(tenantId);
    const held = this.#sessions.get(tenant);
    if (held !== undefined) return held;
    throw notClaimed(tenant, await this.#registry.ownerElsewhere(tenant));
  }

  /** One at a time: who asks while one is under way gets that one. */
  #sync(held: Held): Promise<SessionSync> {
    held.syncing ??= this.#told(held, 'session-sync', () => this.#limit.run(() => held.live.sync())).finally(
      () => {
        held.syncing = undefined;
      },
    );
    return held.syncing;
  }

  async #finish(held: Held): Promise<Finished> {
    const { live, stop } = held;
    live.state = 'releasing';
    this.#callOff(held);
    await held.syncing?.catch(() => {});
    const finishing = this.#told(held, 'session-release', async () => {
      const finished = await this.#limit.run(() => live.finish(stop.signal));
      return { ...finished.sync, finished };
    });
    held.syncing = finishing.finally(() => {
      held.syncing = undefined;
    });
    held.syncing.catch(() => {}); // told by the one that is awaited
    const { finished } = await finishing;
    await this.#end(held, { inOrder: finished.notes.length === 0 });
    return finished;
  }

  /** The next sync by itself: at the interval, later and later while they fail. */
  #schedule(held: Held): void {
    const { live } = held;
    if (live.interval === undefined || live.interval === 0) return;
    const delay = delayAfter(live.interval, live.failures);
    live.nextSync = this.#clock.now().getTime() + delay;
    held.timer = setTimeout(() => {
      void this.#sync(held)
        .catch(() => {}) // told in its status, its ledger and its log
        .finally(() => {
          if (live.state === 'active') this.#schedule(held);
        });
    }, delay);
    held.timer.unref();
  }

  #callOff(held: Held): void {
    clearTimeout(held.timer);
    held.live.nextSync = undefined;
  }

  /** Another node has the tenant: what is here can't be committed any more, and its key is of no use. */
  async #drop(held: Held): Promise<void> {
    const { live, stop } = held;
    const { tenantId } = live.session;
    if (this.#sessions.get(tenantId) !== held) return;
    const { log = silentLog } = this.#settings;
    log.write(
      'WARN',
      `${tenantId}/session: another node has claimed it; its files stay in ${live.layout.sessionDirectory}`,
    );
    stop.abort(takenOver(tenantId));
    await held.syncing?.catch(() => {});
    if (this.#sessions.get(tenantId) === held) await this.#end(held, { inOrder: false });
  }

  async #end(held: Held, how: { readonly inOrder: boolean }): Promise<void> {
    this.#callOff(held);
    held.live.end(how);
    this.#sessions.delete(held.live.session.tenantId);
    await held.lease.release();
  }

  async #told<Result extends SessionSync>(
    { live }: Held,
    operation: string,
    work: () => Promise<Result>,
  ): Promise<Result> {
    live.verifyStores();
    const { session, layout } = live;
    const { log = silentLog, onWarning: warn = () => {} } = this.#settings;
    const context = { clock: this.#clock, log, warn };
    return await loggedSession(context, { operation, session, layout }, work);
  }
}

interface Held {
  readonly live: LiveSession;
  readonly lease: Lease;
  /** Ends what is under way for it. */
  readonly stop: AbortController;
  /** The sync that is under way. */
  syncing?: Promise<SessionSync> | undefined;
  timer?: NodeJS.Timeout | undefined;
}
