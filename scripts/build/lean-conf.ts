import type { Plugin } from 'rolldown';

/** What conf gets instead of its schema validator, which costs 8 ms: the same, loaded where a schema is given. */
const LAZY: Record<string, string> = {
  'ajv/dist/2020.js': `exports.Ajv2020 = function (options) {
    const { Ajv2020 } = require('ajv/dist/2020.js');
    return new Ajv2020(options);
  };`,
  'ajv-formats': `exports.default = (ajv) => require('ajv-formats').default(ajv);`,
};

const PREFIX = '\0conf-lean:';

export function leanConf(): Plugin {
  return {
    name: 'lean-conf',
    resolveId: (id, importer) =>
      importer?.includes('/node_modules/conf/') && id in LAZY ? `${PREFIX}${id}.cjs` : null,
    load: (id) => (id.startsWith(PREFIX) ? (LAZY[id.slice(PREFIX.length, -'.cjs'.length)] ?? null) : null),
  };
}
