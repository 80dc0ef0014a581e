/** So many pieces of work at a time; the others wait in the order in which they came. */
export interface Limit {
  run<Result>(work: () => Promise<Result>): Promise<Result>;
}

export function limitTo(width: number): Limit {
  let free = width;
  const waiting: (() => void)[] = [];
  return {
    async run(work) {
      if (free > 0) free -= 1;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      try {
        return await work();
      } finally {
        const next = waiting.shift();
        if (next === undefined) free += 1;
        else next();
      }
    },
  };
}
