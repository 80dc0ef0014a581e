/**
 * Claims on their way. Nobody has to wait for one: while it is under way its tenant is `claiming`, and how it failed is
 * told until the next, or for ten minutes.
 */

export interface Claims {
  /** Keeps a claim in mind until it has ended. */
  watch<Result>(tenantId: string, claim: Promise<Result>): Promise<Result>;
  isUnderWay(tenantId: string): boolean;
  /** What the last one ended with that nobody has waited for; undefined when it did not fail. */
  failureOf(tenantId: string): unknown;
  /** Keeps a failure to be asked for. */
  keepFailure(tenantId: string, error: unknown): void;
}

/** Milliseconds. */
const keptFor = 600_000;

export function claimsOnTheirWay(): Claims {
  const underWay = new Map<string, number>();
  const failed = new Map<string, unknown>();
  return {
    async watch(tenantId, claim) {
      failed.delete(tenantId);
      underWay.set(tenantId, (underWay.get(tenantId) ?? 0) + 1);
      try {
        return await claim;
      } finally {
        const left = (underWay.get(tenantId) ?? 1) - 1;
        if (left === 0) underWay.delete(tenantId);
        else underWay.set(tenantId, left);
      }
    },
    isUnderWay: (tenantId) => underWay.has(tenantId),
    failureOf: (tenantId) => failed.get(tenantId),
    keepFailure(tenantId, error) {
      failed.set(tenantId, error);
      const forget = (): void => {
        if (failed.get(tenantId) === error) failed.delete(tenantId);
      };
      setTimeout(forget, keptFor).unref();
    },
  };
}
