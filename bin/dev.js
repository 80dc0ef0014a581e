#!/usr/bin/env node
// Runs the command line from src/ as it is, without a build: `npm run dev -- status`. Needs node 24 (type stripping).

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { handle } from '@oclif/core/handle';
import { run } from '@oclif/core/run';
import { settings } from '@oclif/core/settings';

process.on('SIGUSR1', () => {});

const root = fileURLToPath(new URL('..', import.meta.url));
const pjson = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
pjson.oclif.commands.target = './src/commands';
settings.enableAutoTranspile = false;

try {
  await run(process.argv.slice(2), {
    root,
    pjson,
    ignoreManifest: true,
    userPlugins: false,
    devPlugins: false,
  });
} catch (error) {
  await handle(error);
}
