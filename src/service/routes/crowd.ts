/** How many claims, syncs and releases may be under way or wait at a time; what comes on top is better sent elsewhere. */
import { RequestFailure } from '../failures.ts';

export interface Crowd {
  /** @throws RequestFailure when there are too many already */
  join<Result>(work: () => Promise<Result>): Promise<Result>;
}

export function crowdOf(most: number): Crowd {
  let present = 0;
  return {
    async join(work) {
      if (present >= most) {
        throw new RequestFailure('TOO_MANY_REQUESTS', 'Too many claims and syncs are under way already.');
      }
      present += 1;
      try {
        return await work();
      } finally {
        present -= 1;
      }
    },
  };
}
