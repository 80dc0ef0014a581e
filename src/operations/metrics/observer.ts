/** Keeps the metrics file up to date: after each run, and of many at once not more often than is of use. */
import type { RunObserver } from '../../runs/observer.ts';
import type { Context } from '../context.ts';

/** Milliseconds between two writings while other runs go on. */
const interval = 10_000;

/** @param context how to find the vaults, when there is something to tell */
export function metricsObserver(file: string, context: () => Context): RunObserver {
  const atWork = new Set<string>();
  let written = Number.NEGATIVE_INFINITY;
  return {
    began: ({ id }) => void atWork.add(id),
    async ended({ id }) {
      atWork.delete(id);
      const now = Date.now();
      if (atWork.size > 0 && now - written < interval) return;
      written = now;
      const { refreshMetrics } = await import('./write.ts');
      await refreshMetrics(context(), file);
    },
  };
}
