// `npm run build`: src/ → dist/, then everything that is generated from what was built. Run by node as it is.

import { bundle } from './build/bundle.ts';
import { writeCompletions } from './build/completions.ts';
import { writeManifest } from './build/manifest.ts';
import { writeSchema } from './build/schema.ts';
import { emitTypes } from './build/types.ts';

await bundle();
await Promise.all([emitTypes(), writeManifest(), writeSchema()]);
writeCompletions();
