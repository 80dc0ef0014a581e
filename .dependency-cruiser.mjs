// The import rule of the design: imports go down only, and each of the bigger packages has one folder that
// knows it. `npm run lint` runs this.

/** What each folder of src/ may import, besides itself: from the top floor down. */
const MAY_IMPORT = {
  commands: [
    'terminal',
    'service',
    'operations',
    'doctor',
    'sessions',
    'schedules',
    'executor',
    'sync',
    'runs',
    'clients',
    'vaults',
    'remotes',
    'secrets',
    'system',
  ],
  terminal: [
    'operations',
    'doctor',
    'sessions',
    'schedules',
    'executor',
    'sync',
    'runs',
    'clients',
    'vaults',
    'remotes',
    'secrets',
    'system',
  ],
  // what another program asks; it and the terminal don't know each other
  service: [
    'operations',
    'sessions',
    'schedules',
    'executor',
    'runs',
    'clients',
    'remotes',
    'secrets',
    'system',
  ],
  operations: [
    'doctor',
    'sessions',
    'schedules',
    'executor',
    'sync',
    'runs',
    'clients',
    'vaults',
    'remotes',
    'secrets',
    'system',
  ],
  doctor: ['sessions', 'schedules', 'runs', 'clients', 'vaults', 'remotes', 'secrets', 'system'],
  // what runs when, for whom; it knows no vault and no remote
  schedules: ['runs', 'clients', 'secrets', 'system'],
  sessions: ['executor', 'sync', 'runs', 'clients', 'remotes', 'secrets', 'system'],
  executor: ['sync', 'runs', 'clients', 'remotes', 'secrets', 'system'],
  sync: ['runs', 'vaults', 'remotes', 'secrets', 'system'],
  runs: ['clients', 'secrets', 'system'],
  // a profile says what a vault and a remote take, and asks them whether it is so
  clients: ['vaults', 'remotes', 'secrets', 'system'],
  vaults: ['secrets', 'system'],
  remotes: ['secrets', 'system'],
  secrets: ['system'],
  system: [],
};

const LAYERS = Object.keys(MAY_IMPORT);

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
    {
      name: 'only-remotes-speak-rclone',
      comment: 'src/remotes/rclone is the only folder that speaks rclone; remotes/ is its face',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/remotes/' },
      to: { path: '^src/remotes/rclone/' },
    },
    {
      name: 'only-vaults-name-an-engine',
      comment: 'What one engine does is asked of the engine, by its interface',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/vaults/' },
      to: { path: '^src/vaults/engines/(gocryptfs|cryfs)' },
    },
    onlyFrom('prompts', '^src/terminal/', '^node_modules/@inquirer/'),
    onlyFrom('listr2', '^src/terminal/', '^node_modules/listr2/'),
    onlyFrom('oclif', '^src/(commands|terminal)/', '^node_modules/@oclif/'),
    onlyFrom('conf', '^src/clients/', '^node_modules/conf/'),
    onlyFrom('qr', '^src/terminal/', '^node_modules/qr/'),
    onlyFrom('age', '^src/secrets/', '^node_modules/age-encryption/'),
    onlyFrom('fastify', '^src/service/', '^node_modules/fastify/'),
    onlyFrom('prom-client', '^src/service/', '^node_modules/prom-client/'),
    onlyFrom('yaml', '^src/schedules/kubernetes/', '^node_modules/yaml/'),
    onlyFrom('croner', '^src/schedules/when/', '^node_modules/croner/'),
    onlyFrom('pg', '^src/sessions/registry/', '^node_modules/pg/'),
    onlyFrom('execa', '^src/system/process(/|\\.ts$)', '^node_modules/execa/'),
    onlyFrom('child-process', '^src/system/process(/|\\.ts$)', '^(node:)?child_process$'),
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
