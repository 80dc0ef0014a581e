/** Whether answers are what the API's own description says. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { SeenAnswer } from './service.ts';

interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: object;
}

interface Operation {
  readonly responses: Readonly<
    Record<string, { readonly content: Readonly<Record<string, { readonly schema?: object }>> }>
  >;
}

/**
 * Compares answers with a description of OpenAPI.
 * @returns for each that does not fit what is wrong with it; for an address that is not described, that nothing is
 * there must be the answer.
 */
export function misfits(description: Description, answers: readonly SeenAnswer[]): string[] {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema(description, 'api');
  return answers.flatMap(({ method, path, status, headers, text }) => {
    const name = `${method} ${path}: ${status}`;
    const [type = ''] = String(headers['content-type']).split(';');
    const pointer = pointerTo(description, method, path);
    if (pointer === undefined) {
      const isError = ajv.validate({ $ref: 'api#/components/schemas/Error' }, parsed(text));
      return status === 404 && isError ? [] : [`${name} is not described`];
    }
    const [template, verb] = pointer;
    const content = description.paths[template]?.[verb]?.responses[status]?.content;
    if (content?.[type] === undefined) return [`${name} ${type} is not described`];
    if (content[type].schema === undefined) return [];
    const parts = ['paths', template, verb, 'responses', String(status), 'content', type, 'schema'];
    const validate = ajv.getSchema(`api#/${parts.map(escaped).join('/')}`);
    if (validate === undefined) return [`${name} has no schema`];
    return validate(parsed(text)) ? [] : [`${name}: ${ajv.errorsText(validate.errors)} in ${text}`];
  });
}

function pointerTo(description: Description, method: string, path: string): [string, string] | undefined {
  const [plain = ''] = path.split('?');
  const verb = method.toLowerCase();
  const template = Object.keys(description.paths).find(
    (one) =>
      description.paths[one]?.[verb] !== undefined &&
      new RegExp(`^${one.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(plain),
  );
  return template === undefined ? undefined : [template, verb];
}

const escaped = (part: string): string =>
  encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
