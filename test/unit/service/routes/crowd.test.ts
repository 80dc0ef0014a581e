import { describe, expect, it } from 'vitest';
import { failureOf } from '../../../../src/service/failures.ts';
import { crowdOf } from '../../../../src/service/routes/crowd.ts';

describe('a crowd', () => {
  it('takes as many as it may, refuses the next as too many, and has room again when one has ended or failed', async () => {
    const crowd = crowdOf(2);
    const gates = [Promise.withResolvers<string>(), Promise.withResolvers<string>()] as const;
    const first = crowd.join(() => gates[0].promise);
    const second = crowd.join(() => gates[1].promise);
    const refused = await crowd.join(async () => 'never').catch(failureOf);
    expect(refused).toMatchObject({ status: 429, body: { error: 'TOO_MANY_REQUESTS' } });
    gates[0].resolve('done');
    expect(await first).toBe('done');
    expect(await crowd.join(async () => 'third')).toBe('third');
    gates[1].reject(new Error('failed'));
    await expect(second).rejects.toThrow('failed');
    expect(await Promise.all([crowd.join(async () => 4), crowd.join(async () => 5)])).toEqual([4, 5]);
  });
});
