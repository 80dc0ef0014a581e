import type { Command, Flag, Values } from './model.ts';
import { quote } from './quote.ts';

/** The body of `_cryptosync_table` in template.bash. */
export function bashTable(commands: Command[]): string {
  return commands.map((command) => entry(command)).join('\n');
}

function entry({ path, subcommands, flags, args }: Command): string {
  const aliases = flags.flatMap(({ spellings }) => spellings.slice(1));
  const lines = [
    ...assignment(
      'subcommands',
      subcommands.map(({ word }) => word),
    ),
    ...assignment(
      'flags',
      flags.map(({ spellings }) => spellings[0] ?? ''),
    ),
    ...assignment('aliases', aliases),
    ...assignment(
      'arguments',
      args.map(({ values }) => quote(kindOf(values))),
    ),
    ...following(flags),
    ';;',
  ];
  return [`    ${quote(path)})`, ...lines.map((line) => `      ${line}`)].join('\n');
}

function assignment(name: string, words: string[]): string[] {
  return words.length === 0 ? [] : [`${name}=(${words.join(' ')})`];
}

/** What follows each flag that takes a value; flags with the same kind share a line. */
function following(flags: Flag[]): string[] {
  const byKind = new Map<string, string[]>();
  for (const { spellings, values } of flags) {
    if (values === undefined) continue;
    const kind = kindOf(values);
    byKind.set(kind, [...(byKind.get(kind) ?? []), ...spellings]);
  }
  if (byKind.size === 0) return [];
  const cases = [...byKind].map(([kind, spellings]) => `  ${spellings.join(' | ')}) kind=${quote(kind)} ;;`);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: bash's own
  return ['case ${2-} in', ...cases, 'esac'];
}

function kindOf(values: Values): string {
  return values.kind === 'words' ? `words ${values.words.join(' ')}` : values.kind;
}
