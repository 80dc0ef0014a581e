/** What a coordinator refuses, in facts. */
import { type ClientId, isClientId } from '../clients/names.ts';
import { CryptosyncError } from '../system/errors.ts';
import type { LiveSession } from './live-session.ts';
import type { Owner } from './registry.ts';
import type { ClaimRequest } from './settings.ts';
import type { Workload } from './workload/workload.ts';

/** A tenant is a client by name. @throws INVALID_TENANT_ID */
export function parseTenantId(text: unknown): ClientId {
  if (typeof text === 'string' && isClientId(text)) return text;
  throw new CryptosyncError('INVALID_TENANT_ID', 'this is not a tenant id');
}

/** @throws KEY_REQUIRED, USAGE */
export function verifyKeyFits({ workloadId, encryption }: ClaimRequest, { policy }: Workload): void {
  if (policy.encryption === 'required' && encryption === undefined) {
    throw new CryptosyncError('KEY_REQUIRED', `the workload ${workloadId} needs an encryption key`);
  }
  if (policy.encryption === 'none' && encryption !== undefined) {
    throw new CryptosyncError('USAGE', `the workload ${workloadId} takes no encryption key`);
  }
}

/** @throws LOCKED while it is being claimed or released */
export function verifySettled({ state, session }: Pick<LiveSession, 'state' | 'session'>): void {
  if (state === 'active' || state === 'release failed') return;
  const what = state === 'claiming' ? 'claimed' : 'released';
  throw new CryptosyncError('LOCKED', `${session.tenantId} is being ${what} at this moment`, {
    advice: { to: 'try-later' },
  });
}

export function ending(): CryptosyncError {
  return new CryptosyncError('NOT_READY', 'no tenant can be claimed: the sessions are ending');
}

export function alreadyClaimed(tenant: ClientId, owner?: Owner): CryptosyncError {
  const where = owner === undefined ? '' : ` by ${owner.address} since ${owner.since}`;
  return new CryptosyncError('ALREADY_CLAIMED', `${tenant} is claimed${where}`, {
    ...(owner !== undefined && { details: { owner } }),
  });
}

export function notClaimed(tenant: ClientId, owner: Owner | undefined): CryptosyncError {
  const where = owner === undefined ? '' : ` here, but by ${owner.address}`;
  return new CryptosyncError('TENANT_NOT_CLAIMED', `${tenant} is not claimed${where}`, {
    ...(owner !== undefined && { details: { owner } }),
  });
}

/** Why a sync ended that was under way when its tenant was released by force. */
export function releasedByForce(tenantId: string): CryptosyncError {
  return new CryptosyncError('INTERRUPTED', `${tenantId} was released by force`);
}

/** Why a session ended whose tenant another node has been given. */
export function takenOver(tenantId: string): CryptosyncError {
  return new CryptosyncError('INTERRUPTED', `${tenantId} was claimed by another node`);
}
