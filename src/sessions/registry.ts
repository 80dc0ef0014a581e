/**
 * Who has claimed a tenant, among the nodes that could: one at a time. A registry knows names and times; no key ever
 * reaches it. What keeps two processes of one machine apart is the session's lock, whichever registry there is.
 */
import type { ClientId } from '../clients/names.ts';

/** The node that holds a tenant. */
export interface Owner {
  /** Where others reach it. */
  readonly address: string;
  /** ISO 8601. */
  readonly since: string;
}

export interface Lease {
  /** Aborts when another node has been given the tenant: the session ends, and its files stay for a later claim. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

export interface Registry {
  /** Takes a tenant for this node, or tells who has it. @throws NOT_READY when that can't be told */
  acquire(tenantId: ClientId): Promise<Lease | Owner>;
  /** The node that holds a tenant; undefined when none does, or this one. @throws NOT_READY */
  ownerElsewhere(tenantId: ClientId): Promise<Owner | undefined>;
  /** Whether a tenant can be claimed at the moment. */
  isReady(): boolean;
  close(): Promise<void>;
}

export function isLease(answer: Lease | Owner): answer is Lease {
  return 'lost' in answer;
}

/** The registry of one node: every tenant is free that it does not hold itself. */
export function embeddedRegistry(): Registry {
  return {
    acquire: async () => ({ lost: new AbortController().signal, release: async () => {} }),
    ownerElsewhere: async () => undefined,
    isReady: () => true,
    close: async () => {},
  };
}
