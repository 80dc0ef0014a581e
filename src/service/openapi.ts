/** The description of the API, made from its routes and the schemas that validate. */
import { failureStatuses } from './failures.ts';
import type { JsonSchema } from './json-schema.ts';
import type { Route } from './routes/route.ts';
import { components } from './schemas.ts';

const errorAnswer = {
  description: 'An error: a word for programs, and a message for people.',
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
};

const titles: Readonly<Record<number, string>> = {
  200: 'Done.',
  202: 'Accepted; `Location` tells where to look.',
  307: 'Another node has the tenant; `Location` tells where.',
  503: 'Not now.',
};

/** @returns a document of OpenAPI 3.1 */
export function openApi(version: string, routes: readonly Route[]): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operationOf(route) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'cryptosync', version },
    security: [{ token: [] }, {}],
    paths,
    components: { schemas: components, securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
  };
}

function operationOf({ id, summary, parameters, body, needsBody, answers, isOpen }: Route): object {
  const errors = Object.fromEntries(
    failureStatuses.filter((status) => answers[status] === undefined).map((status) => [status, errorAnswer]),
  );
  return {
    operationId: id,
    summary,
    ...(isOpen === true && { security: [] }),
    ...(parameters && { parameters: parametersOf(parameters) }),
    ...(body && {
      requestBody: { required: needsBody === true, content: { 'application/json': { schema: body } } },
    }),
    responses: { ...Object.fromEntries(Object.entries(answers).map(answerOf)), ...errors },
  };
}

function answerOf([status, schema]: [string, JsonSchema | string]): [string, object] {
  const content = typeof schema === 'string' ? { [schema]: {} } : { 'application/json': { schema } };
  return [status, { description: titles[Number(status)] ?? 'An answer.', content }];
}

function parametersOf({ properties = {} }: JsonSchema): object[] {
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'path',
    required: true,
    ...(description === undefined ? {} : { description }),
    schema,
  }));
}
