/** What somebody meant who mistyped a command or a flag. */
import leven from 'leven';
import { CryptosyncError } from '../../system/errors.ts';

/** How many letters may be wrong in a word of this length, for it to be taken for another. */
function allowance(length: number): number {
  return length <= 3 ? 1 : length <= 8 ? 2 : 3;
}

/** Letters that are wrong in a word, or undefined when it is too far away to be meant. */
function wrongLetters(typed: string, known: string): number | undefined {
  const distance = leven(typed, known);
  return distance <= allowance(Math.max(typed.length, known.length)) ? distance : undefined;
}

/**
 * The known names that are nearest to one that is not known: none, or several that are equally near. Case and hyphens
 * count for nothing (`--dryrun`), and words are compared one by one, so that `config shwo` is not taken for `config path`.
 * A name that only one other begins with is meant to be that one.
 */
export function nearestTo(typed: string, known: readonly string[]): string[] {
  const plain = (name: string): string => name.toLowerCase().replaceAll(/[-_]/g, '');
  const words = typed.split(' ').map(plain);
  const distances = known.flatMap((name) => {
    const parts = name.split(' ').map(plain);
    if (parts.length !== words.length) return [];
    const wrong = parts.map((part, index) => wrongLetters(words[index] ?? '', part));
    if (wrong.includes(undefined)) return [];
    return [{ name, wrong: wrong.reduce<number>((sum, one) => sum + (one ?? 0), 0) }];
  });
  const least = Math.min(...distances.map(({ wrong }) => wrong));
  if (distances.length > 0) return distances.filter(({ wrong }) => wrong === least).map(({ name }) => name);
  const begun = known.filter((name) => typed.length > 2 && plain(name).startsWith(plain(typed)));
  return begun.length <= 3 ? begun : [];
}

interface Flag {
  readonly aliases?: readonly string[];
  readonly allowNo?: boolean;
  readonly hidden?: boolean;
}

/**
 * What a flag that does not exist was meant to be, with its hyphens.
 * @param typed as oclif tells it, such as `--dryrun` or `--dryrun=yes`
 */
export function nearestFlags(typed: readonly string[], flags: Readonly<Record<string, Flag>>): string[] {
  const known = Object.entries(flags)
    .filter(([, { hidden }]) => hidden !== true)
    .flatMap(([name, { aliases = [], allowNo }]) => [name, ...aliases, ...(allowNo ? [`no-${name}`] : [])]);
  return typed
    .filter((word) => word.startsWith('--'))
    .flatMap((word) => nearestTo(word.slice(2).replace(/=.*$/s, ''), known))
    .map((name) => `--${name}`);
}

/**
 * The error of a command that does not exist.
 * @param typed the words that were taken for its name
 * @param known the names of all commands, in words
 */
export function unknownCommand(typed: string, known: readonly string[]): CryptosyncError {
  const message = `there is no command ${JSON.stringify(typed)}`;
  const words = typed.split(' ');
  for (let length = words.length; length > 0; length -= 1) {
    const begin = words.slice(0, length).join(' ');
    const nearest = nearestTo(begin, [...known, ...topicsOf(known)]);
    if (nearest.includes(begin)) {
      const commands = known.filter((name) => name.startsWith(`${begin} `));
      // a command that was written rightly, before words that it does not take; they may be a secret in the wrong place
      if (commands.length === 0)
        return new CryptosyncError('USAGE', `${begin} takes no words behind it, only flags`, {
          advice: { to: 'give-by-flag', command: begin },
        });
      // a topic that was written rightly, before something that it does not have
      return new CryptosyncError('USAGE', message, {
        advice: { to: 'choose-command', topic: begin, commands },
      });
    }
    if (nearest.length > 0)
      return new CryptosyncError('USAGE', message, { advice: { to: 'did-you-mean-command', nearest } });
  }
  return new CryptosyncError('USAGE', message, { advice: { to: 'list-commands' } });
}

function topicsOf(known: readonly string[]): string[] {
  return [...new Set(known.flatMap((name) => (name.includes(' ') ? [name.replace(/ .*/, '')] : [])))];
}
