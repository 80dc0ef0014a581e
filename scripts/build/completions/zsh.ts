import type { Command, Flag, Values } from './model.ts';
import { quote } from './quote.ts';

/** The body of `_cryptosync_table` in template.zsh. */
export function zshTable(commands: Command[]): string {
  return commands.map((command) => entry(command)).join('\n');
}

function entry({ path, subcommands, flags, args }: Command): string {
  const words = subcommands.map(({ word, summary }) => `${escaped(word, /[\\:]/g)}:${summary}`);
  const specs = [
    ...flags.flatMap(flagSpecs),
    ...args.map(({ name, values }, index) => `${index + 1}:${escaped(name, /[\\:]/g)}:${action(values)}`),
  ];
  return [`    (${quote(path)})`, ...block('subcommands', words), ...block('specs', specs), '      ;;'].join(
    '\n',
  );
}

function block(name: string, words: string[]): string[] {
  if (words.length === 0) return [];
  return [`      ${name}=(`, ...words.map((word) => `        ${quote(word)}`), '      )'];
}

/** One specification of `_arguments` for each spelling (zshcompsys(1)); `!` takes one without offering it. */
function flagSpecs({ spellings, description, values, multiple }: Flag): string[] {
  const once = multiple ? '*' : `(${spellings.join(' ')})`;
  const told = `[${escaped(description, /[\\[\]:]/g)}]`;
  return spellings.map((spelling, index) => {
    const isAlias = index > 0 && spelling.startsWith('--');
    const joint = values === undefined ? '' : spelling.startsWith('--') ? '=' : '+';
    const value = values === undefined ? '' : `:${nameOf(values)}:${action(values)}`;
    return `${isAlias ? '!' : ''}${once}${spelling}${joint}${told}${value}`;
  });
}

function nameOf(values: Values): string {
  return values.kind === 'free' || values.kind === 'words' ? 'value' : values.kind;
}

function action(values: Values): string {
  switch (values.kind) {
    case 'words':
      return `(${values.words.map((word) => escaped(word, /[\\ ():]/g)).join(' ')})`;
    case 'client':
      return '_cryptosync_clients';
    case 'profile':
      return '_cryptosync_profiles';
    case 'remote':
      return '_cryptosync_remotes';
    case 'place':
      return '_cryptosync_places';
    case 'generation':
      return '_cryptosync_generations';
    case 'file':
      return '_files';
    case 'directory':
      return '_files -/';
    case 'free':
      return ' ';
  }
}

function escaped(text: string, special: RegExp): string {
  return text.replaceAll(special, String.raw`\$&`);
}
