/** Claim, sync and release of tenants, and what is known of them: each is one call of the coordinator's. */
import type { SyncCoordinator } from '../../sessions/coordinator.ts';
import type { SessionDocument } from '../../sessions/documents.ts';
import type { Owner } from '../../sessions/registry.ts';
import { pause } from '../../system/clock.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { failureOf, RequestFailure } from '../failures.ts';
import type { Metrics } from '../metrics.ts';
import {
  answerOf,
  claimBody,
  claimFields,
  emptyBody,
  noFields,
  releaseBody,
  releaseFields,
  tenantParameter,
} from '../schemas.ts';
import { type AskedClaim, claimOf } from './claim-request.ts';
import { claimsOnTheirWay } from './claims.ts';
import type { Crowd } from './crowd.ts';
import type { Condition } from './machine.ts';
import type { Answer, Route, RouteRequest } from './route.ts';

/** Whom the API asks. */
export type Tenants = Pick<SyncCoordinator, 'onClaim' | 'triggerSync' | 'onRelease' | 'status' | 'list'>;

export interface TenantRoutesSettings {
  readonly tenants: Tenants;
  readonly condition: () => Condition;
  readonly crowd: Crowd;
  readonly metrics: Metrics;
}

const at = '/api/v1/tenants';
/** Milliseconds between two looks whether a tenant was let go. */
const lookAgain = 200;

export function tenantRoutes({ tenants, condition, crowd, metrics }: TenantRoutesSettings): Route[] {
  const claims = claimsOnTheirWay();

  /** Does one operation, and counts how it ended. */
  async function counted<Result>(operation: string, work: () => Promise<Result>): Promise<Result> {
    const begun = performance.now();
    const tell = (outcome: string): void =>
      metrics.ended(operation, outcome, (performance.now() - begun) / 1000);
    try {
      const result = await crowd.join(work);
      tell('done');
      return result;
    } catch (error) {
      tell(failureOf(error).body.error);
      throw error;
    }
  }

  /** @param signal calls it off: a session that nobody was told of would keep its key for nobody */
  async function claimWaiting(
    tenantId: string,
    { workloadId, encryption, wait }: AskedClaim,
    signal: AbortSignal | undefined,
  ): Promise<object> {
    for (const until = Date.now() + wait; ; await pause(lookAgain, signal)) {
      try {
        verifyReady(condition());
        return await tenants.onClaim(tenantId, { workloadId, encryption, signal });
      } catch (error) {
        if (!isHeld(error) || signal?.aborted || Date.now() >= until) throw error;
      }
    }
  }

  async function claim(request: RouteRequest): Promise<Answer> {
    verifyReady(condition());
    const { tenantId } = request;
    const asked = claimOf(request);
    const signal = request.isPatient ? request.signal : undefined;
    const work = counted('claim', () => claimWaiting(tenantId, asked, signal)).finally(() => asked.wipe());
    const claiming = claims.watch(tenantId, work);
    if (request.isPatient) return { status: 200, body: await claiming };
    claiming.catch((error: unknown) => claims.keepFailure(tenantId, error));
    return {
      status: 202,
      headers: { location: `${at}/${tenantId}`, 'preference-applied': 'respond-async' },
      body: { tenantId, state: 'claiming' },
    };
  }

  async function status(request: RouteRequest): Promise<Answer> {
    const { tenantId } = request;
    const isClaiming = claims.isUnderWay(tenantId);
    const claiming = { status: 202, body: { tenantId, state: 'claiming' } };
    try {
      const document = await tenants.status(tenantId);
      // what an interrupted session left is the claim's that is under way
      return isClaiming && document.state === 'interrupted'
        ? claiming
        : { status: 200, body: shown(document) };
    } catch (error) {
      if (isClaiming) return claiming;
      return elsewhere(error, request) ?? raise(claims.failureOf(tenantId) ?? error);
    }
  }

  /** An operation on a tenant of this node; whose tenant it is instead is told to the client. */
  async function here(
    operation: string,
    request: RouteRequest,
    work: () => Promise<object>,
  ): Promise<Answer> {
    try {
      return { status: 200, body: await counted(operation, work) };
    } catch (error) {
      return elsewhere(error, request) ?? raise(error);
    }
  }

  return [
    {
      id: 'listTenants',
      method: 'GET',
      path: at,
      summary: 'The sessions of this node.',
      answers: { 200: answerOf('Sessions') },
      run: async () => ({ status: 200, body: { tenants: tenants.list().map(shown) } }),
    },
    {
      id: 'readTenant',
      method: 'GET',
      path: `${at}/{id}`,
      parameters: tenantParameter,
      summary: 'A session; while its claim is under way 202, and after a claim that failed how it failed.',
      answers: { 200: answerOf('Session'), 202: answerOf('Accepted'), 307: answerOf('Redirect') },
      run: status,
    },
    {
      id: 'claimTenant',
      method: 'POST',
      path: `${at}/{id}/claim`,
      parameters: tenantParameter,
      summary: 'Proves the key, brings the files of the tenant here, and keeps the key until the release.',
      fields: claimFields,
      body: claimBody,
      needsBody: true,
      answers: { 200: answerOf('Claim'), 202: answerOf('Accepted') },
      run: claim,
    },
    {
      id: 'syncTenant',
      method: 'POST',
      path: `${at}/{id}/sync`,
      parameters: tenantParameter,
      summary: 'Sends what has changed.',
      fields: noFields,
      body: emptyBody,
      answers: { 200: answerOf('SyncResult'), 307: answerOf('Redirect') },
      run: async (request) => await here('sync', request, () => tenants.triggerSync(request.tenantId)),
    },
    {
      id: 'releaseTenant',
      method: 'POST',
      path: `${at}/{id}/release`,
      parameters: tenantParameter,
      summary: 'Sends what has changed, and forgets the key.',
      fields: releaseFields,
      body: releaseBody,
      answers: { 200: answerOf('Release'), 307: answerOf('Redirect') },
      run: async (request) => {
        const force = request.fields['force'] === true;
        return await here('release', request, () => tenants.onRelease(request.tenantId, { force }));
      },
    },
  ];
}

/** @throws RequestFailure, NOT_READY */
function verifyReady({ state, message }: Condition): void {
  if (state === 'draining') throw new RequestFailure('DRAINING', 'The server is about to end.');
  if (state === 'not ready') throw new CryptosyncError('NOT_READY', message ?? 'The server is not ready.');
}

/** Whoever holds the tenant may let it go in a moment. */
function isHeld(error: unknown): boolean {
  return error instanceof CryptosyncError && (error.code === 'LOCKED' || error.code === 'ALREADY_CLAIMED');
}

function elsewhere(error: unknown, { tenantId, target }: RouteRequest): Answer | undefined {
  if (!(error instanceof CryptosyncError) || error.code !== 'TENANT_NOT_CLAIMED') return undefined;
  const { address } = (error.details?.['owner'] ?? {}) as Partial<Owner>;
  // another kind of address is one that a client can't be sent to
  if (address === undefined || !/^https?:/.test(address)) return undefined;
  const message = `Another node has claimed the tenant ${tenantId}.`;
  return {
    status: 307,
    headers: { location: `${address}${target}` },
    body: { error: 'CLAIMED_ELSEWHERE', message },
  };
}

function raise(error: unknown): never {
  throw error;
}

/** A session as HTTP tells it: an error in it has the form of all errors here. */
function shown({ lastSync, ...document }: SessionDocument): object {
  if (lastSync === null) return { ...document, lastSync };
  const { error, ...others } = lastSync;
  const told = error && failureOf(new CryptosyncError(error.code, error.message, error)).body;
  return { ...document, lastSync: { ...others, ...(told && { error: told }) } };
}
