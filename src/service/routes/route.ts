/** A route: what it takes, what it gives, and the one operation behind it. Server and description are made of these. */
import type { Secret } from '../../secrets/secret.ts';
import type { Fields } from '../body/given.ts';
import type { JsonSchema } from '../json-schema.ts';

export interface RouteRequest {
  /** Of the routes that name a tenant. */
  readonly tenantId: string;
  readonly fields: Readonly<Record<string, string | boolean>>;
  /** Wiped when the route has been answered; who needs one for longer copies it. */
  readonly secrets: Readonly<Record<string, Secret>>;
  /** The client does not want to wait for the end. */
  readonly isPatient: boolean;
  /** Aborts when the client went away without its answer. */
  readonly signal: AbortSignal;
  /** Path and query as they were asked for. */
  readonly target: string;
}

export interface Answer {
  readonly status: number;
  /** A document, or text of another type. */
  readonly body: object | string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Route {
  readonly id: string;
  readonly method: 'GET' | 'POST';
  /** As OpenAPI writes it: `/api/v1/tenants/{id}`. */
  readonly path: string;
  readonly summary: string;
  readonly parameters?: JsonSchema;
  readonly fields?: Fields;
  readonly body?: JsonSchema;
  /** Whether a request without a body is refused. */
  readonly needsBody?: boolean;
  /** By status; a text stands for answers of that type. */
  readonly answers: Readonly<Record<number, JsonSchema | string>>;
  /** Whether it is answered without a token: for probes, which tell nothing of a tenant. */
  readonly isOpen?: boolean;
  run(request: RouteRequest): Promise<Answer>;
}
