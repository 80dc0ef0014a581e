// The import rule of the design: imports go down only, and each of the bigger packages has one folder that
// knows it. `npm run lint` runs this.

const LAYERS = ['commands', 'terminal', 'operations', 'clients', 'vaults', 'remotes', 'secrets', 'system'];

/** What each folder of src/ may import, besides itself. */
const MAY_IMPORT = {
  commands: ['terminal', 'operations', 'clients', 'vaults', 'remotes', 'secrets', 'system'],
  terminal: ['operations', 'clients', 'vaults', 'remotes', 'secrets', 'system'],
  operations: ['clients', 'vaults', 'remotes', 'secrets', 'system'],
  clients: ['secrets', 'system'],
  vaults: ['secrets', 'system'],
  remotes: ['secrets', 'system'],
  secrets: ['system'],
  system: [],
};

const layerRules = Object.entries(MAY_IMPORT).map(([layer, allowed]) => ({
  name: `layer-${layer}`,
  comment: `src/${layer} may import only ${[...allowed, 'itself'].join(', ')}`,
  severity: 'error',
  from: { path: `^src/${layer}/` },
  to: { path: '^src/', pathNot: `^src/(${[layer, ...allowed].join('|')})/` },
}));

/** A package (or builtin) that only one place may import. */
const onlyFrom = (name, allowedFrom, modules) => ({
  name: `only-${name}`,
  comment: `${name} is imported only from ${allowedFrom}`,
  severity: 'error',
  from: { path: '^src/', pathNot: allowedFrom },
  to: { path: modules },
});

export default {
  forbidden: [
    ...layerRules,
    {
      name: 'layer-index',
      comment: 'The library face knows nothing of the command line',
      severity: 'error',
      from: { path: '^src/index\\.ts$' },
      to: { path: '^src/(commands|terminal)/' },
    },
    {
      name: 'known-folders',
      comment: `src/ holds index.ts and ${LAYERS.join(', ')}; a new folder needs its line in MAY_IMPORT`,
      severity: 'error',
      from: { path: '^src/', pathNot: `^src/(index\\.ts$|(${LAYERS.join('|')})/)` },
      to: {},
    },
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'not-resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-dev-dependency',
      comment: 'src/ runs without devDependencies',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    onlyFrom('prompts', '^src/terminal/', '^node_modules/@inquirer/'),
    onlyFrom('listr2', '^src/terminal/', '^node_modules/listr2/'),
    onlyFrom('oclif', '^src/(commands|terminal)/', '^node_modules/@oclif/'),
    onlyFrom('conf', '^src/clients/', '^node_modules/conf/'),
    onlyFrom('execa', '^src/system/process[^/]*\\.ts$', '^node_modules/execa/'),
    onlyFrom('child-process', '^src/system/process[^/]*\\.ts$', '^(node:)?child_process$'),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
