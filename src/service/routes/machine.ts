/** What machines ask of the server itself: probes, metrics, and how the API is described. */
import type { Metrics } from '../metrics.ts';
import { openApi } from '../openapi.ts';
import { answerOf } from '../schemas.ts';
import type { Route } from './route.ts';

export interface Condition {
  readonly state: 'ready' | 'draining' | 'not ready';
  /** Why claims are not accepted. */
  readonly message?: string | undefined;
}

export interface MachineRoutesSettings {
  readonly version: string;
  readonly condition: () => Condition;
  readonly metrics: Metrics;
  /** The routes that the description tells of, besides these. */
  readonly others: readonly Route[];
}

export function machineRoutes({ version, condition, metrics, others }: MachineRoutesSettings): Route[] {
  const routes: Route[] = [
    {
      id: 'isAlive',
      method: 'GET',
      path: '/healthz',
      summary: 'Whether the server runs.',
      isOpen: true,
      answers: { 200: answerOf('Health') },
      run: async () => ({ status: 200, body: { status: 'ok' } }),
    },
    {
      id: 'isReady',
      method: 'GET',
      path: '/readyz',
      summary: 'Whether claims are accepted; if not, why.',
      isOpen: true,
      answers: { 200: answerOf('Readiness'), 503: answerOf('Readiness') },
      async run() {
        const { state, message } = condition();
        const body = { status: state, ...(message === undefined ? {} : { message }) };
        return { status: state === 'ready' ? 200 : 503, body };
      },
    },
    {
      id: 'readMetrics',
      method: 'GET',
      path: '/metrics',
      summary: 'Metrics as Prometheus reads them.',
      answers: { 200: 'text/plain' },
      run: async () => ({
        status: 200,
        body: await metrics.text(),
        headers: { 'content-type': metrics.contentType },
      }),
    },
    {
      id: 'describe',
      method: 'GET',
      path: '/api/v1/openapi.json',
      summary: 'This description.',
      answers: { 200: { type: 'object', additionalProperties: true } },
      run: async () => ({ status: 200, body: description }),
    },
  ];
  const description = openApi(version, [...others, ...routes]);
  return routes;
}
