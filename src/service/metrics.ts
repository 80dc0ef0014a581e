/** What Prometheus is told. Names of tenants are no labels: there may be many, and they are nobody's business. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export interface Answered {
  readonly method: string;
  /** The route as it is described, not the address that was asked for. */
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
}

export interface Metrics {
  answered(answer: Answered): void;
  /** A claim, sync or release that has ended, with `done` or the word of its error. */
  ended(operation: string, outcome: string, seconds: number): void;
  readonly contentType: string;
  text(): Promise<string>;
}

/** @param look tells how things stand whenever somebody asks */
export function createMetrics(look: {
  readonly sessions: () => Readonly<Record<string, number>>;
  readonly isReady: () => boolean;
}): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const requests = new Counter({
    name: 'cryptosync_http_requests_total',
    help: 'Requests that were answered',
    labelNames: ['method', 'route', 'status'],
    registers,
  });
  const seconds = new Histogram({
    name: 'cryptosync_http_request_seconds',
    help: 'How long answers took',
    labelNames: ['method', 'route'],
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60, 300],
    registers,
  });
  const operations = new Histogram({
    name: 'cryptosync_operation_seconds',
    help: 'How long claims, syncs and releases took, by how they ended',
    labelNames: ['operation', 'outcome'],
    buckets: [0.1, 0.5, 2, 10, 60, 300, 1800],
    registers,
  });
  new Gauge({
    name: 'cryptosync_sessions',
    help: 'Sessions by their state',
    labelNames: ['state'],
    registers,
    collect() {
      const counts = look.sessions();
      this.reset();
      for (const [state, count] of Object.entries(counts)) this.set({ state }, count);
    },
  });
  new Gauge({
    name: 'cryptosync_ready',
    help: '1 while claims are accepted',
    registers,
    collect() {
      this.set(look.isReady() ? 1 : 0);
    },
  });
  return {
    answered({ method, route, status, seconds: duration }) {
      requests.inc({ method, route, status: String(status) });
      seconds.observe({ method, route }, duration);
    },
    ended: (operation, outcome, duration) => operations.observe({ operation, outcome }, duration),
    contentType: registry.contentType,
    text: () => registry.metrics(),
  };
}
