import type { Command, Flag, Values } from './model.ts';
import { quoteForFish as quote } from './quote.ts';

/** The `complete` calls in template.fish. */
export function fishTable(commands: Command[]): string {
  const paths = commands.filter(({ path }) => path !== '').map(({ path }) => quote(path));
  return [`set -g __cryptosync_paths ${paths.join(' ')}`, ...commands.map(entry)].join('\n');
}

function entry({ path, subcommands, flags, args }: Command): string {
  const at = condition('__cryptosync_at', path);
  const [first] = args;
  return [
    '',
    `# cryptosync ${path}`.trimEnd(),
    ...subcommands.map(
      ({ word, summary }) =>
        `complete -c cryptosync -n ${condition('__cryptosync_is', path)} -a ${word} -d ${quote(summary)}`,
    ),
    ...flags.flatMap((flag) => flagLines(at, flag)),
    ...(first === undefined || first.values.kind === 'free'
      ? []
      : [`complete -c cryptosync -n ${condition('__cryptosync_is', path)} ${offered(first.values)}`]),
  ].join('\n');
}

function condition(name: string, path: string): string {
  return quote(`${name} ${path}`.trimEnd());
}

function flagLines(at: string, { spellings, description, values }: Flag): string[] {
  const [main = '', ...others] = spellings;
  const short = others.filter((spelling) => !spelling.startsWith('--'));
  const aliases = others.filter((spelling) => spelling.startsWith('--'));
  const line = (options: string, told: string): string =>
    `complete -c cryptosync -n ${at} ${options}${values === undefined ? '' : ` ${required(values)}`} -d ${quote(told)}`;
  return [
    line([...short.map((one) => `-s ${one.slice(1)}`), `-l ${main.slice(2)}`].join(' '), description),
    ...aliases.map((alias) => line(`-l ${alias.slice(2)}`, `the same as ${main}`)),
  ];
}

/** What follows a flag. */
function required(values: Values): string {
  return values.kind === 'file' ? '-r -F' : `-x ${offered(values)}`.trimEnd();
}

function offered(values: Values): string {
  switch (values.kind) {
    case 'words':
      return `-a ${quote(values.words.join(' '))}`;
    case 'client':
      return `-a '(__cryptosync_clients)'`;
    case 'profile':
      return `-a '(__cryptosync_profiles)'`;
    case 'remote':
      return `-a '(__cryptosync_remotes)'`;
    case 'place':
      return `-a '(__cryptosync_remotes :)'`;
    case 'generation':
      return `-a '(__cryptosync_generations)'`;
    case 'directory':
      return `-a '(__fish_complete_directories)'`;
    case 'file':
      return '-F';
    case 'free':
      return '';
  }
}
