/** schema/profile.schema.json: the profile's validation schema as JSON Schema, for editors. */
import { mkdir, writeFile } from 'node:fs/promises';
import { toJsonSchema } from '@valibot/to-json-schema';
import { profileSchema } from '../../src/clients/profile.ts';
import { root } from './root.ts';

export async function writeSchema(): Promise<void> {
  // checks that are code have no counterpart in JSON Schema; the tool itself makes them
  const schema = toJsonSchema(profileSchema, { errorMode: 'ignore' });
  await mkdir(`${root}schema`, { recursive: true });
  await writeFile(
    `${root}schema/profile.schema.json`,
    `${JSON.stringify({ title: 'cryptosync profile', ...schema }, undefined, 2)}\n`,
  );
}
