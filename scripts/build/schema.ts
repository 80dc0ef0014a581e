/** schema/: what files of the operator's, and lines of `--progress json`, are validated with, as JSON Schema. */
import { mkdir, writeFile } from 'node:fs/promises';
import { toJsonSchema } from '@valibot/to-json-schema';
import { profileSchema } from '../../src/clients/profile.ts';
import { workloadSchema } from '../../src/sessions/workload/workload.ts';
import { progressSchema } from '../../src/terminal/showing/progress/schema.ts';
import { root } from './root.ts';

const schemas = { profile: profileSchema, progress: progressSchema, workload: workloadSchema };

export async function writeSchema(): Promise<void> {
  await mkdir(`${root}schema`, { recursive: true });
  for (const [name, source] of Object.entries(schemas)) {
    // checks that are code have no counterpart in JSON Schema; the tool itself makes them
    const schema = toJsonSchema(source, { errorMode: 'ignore' });
    await writeFile(
      `${root}schema/${name}.schema.json`,
      `${JSON.stringify({ title: `cryptosync ${name}`, ...schema }, undefined, 2)}\n`,
    );
  }
}
