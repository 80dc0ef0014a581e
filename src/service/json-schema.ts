/** JSON Schema as far as it is needed to describe what is asked and answered; validated by Ajv, shown by OpenAPI 3.1. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
  readonly enum?: readonly (string | number | null)[];
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly writeOnly?: boolean;
  readonly $ref?: string;
  readonly anyOf?: readonly JsonSchema[];
}

/** An object of which every property is known; those whose names are not among the optional ones are always there. */
export function objectOf(
  properties: Readonly<Record<string, JsonSchema>>,
  optional: readonly string[] = [],
): JsonSchema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', properties, required, additionalProperties: false };
}
