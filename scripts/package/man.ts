/** The pages of man(1), one a command, from oclif.manifest.json: what `--help-all` says, as roff. */

interface Flag {
  readonly name: string;
  readonly type: 'boolean' | 'option';
  readonly char?: string;
  readonly aliases?: readonly string[];
  readonly allowNo?: boolean;
  readonly description?: string;
  readonly env?: string;
  readonly default?: unknown;
  readonly helpGroup?: string;
  readonly helpValue?: string;
  readonly hidden?: boolean;
  readonly options?: readonly string[];
  readonly multiple?: boolean;
  readonly required?: boolean;
}

interface Argument {
  readonly name: string;
  readonly description?: string;
  readonly required?: boolean;
  readonly hidden?: boolean;
}

interface Command {
  readonly id: string;
  readonly summary?: string;
  readonly description?: string;
  readonly examples?: readonly string[];
  readonly hidden?: boolean;
  readonly strict?: boolean;
  readonly flags: Readonly<Record<string, Flag>>;
  readonly args: Readonly<Record<string, Argument>>;
}

export interface Manifest {
  readonly commands: Readonly<Record<string, Command>>;
}

export interface Edition {
  readonly version: string;
  /** ISO 8601, the day alone. */
  readonly date: string;
  /** What the program is for, in a line. */
  readonly description: string;
}

/** The pages by their names in the folder `man1`: `cryptosync-sync.1`, and `cryptosync.1` above them. */
export function manPages({ commands }: Manifest, edition: Edition): Readonly<Record<string, string>> {
  const shown = Object.values(commands).filter(({ hidden }) => hidden !== true);
  return Object.fromEntries([
    ['cryptosync.1', programPage(shown, edition)],
    ...shown.map((command) => [`${pageOf(command)}.1`, commandPage(command, edition)]),
  ]);
}

function pageOf({ id }: Command): string {
  return `cryptosync-${id.replaceAll(':', '-')}`;
}

function programPage(commands: readonly Command[], edition: Edition): string {
  return page('cryptosync', edition, [
    section('NAME', `cryptosync \\- ${text(edition.description)}`),
    section('SYNOPSIS', '.B cryptosync\n.I COMMAND\n.RI [ FLAGS ]'),
    section(
      'DESCRIPTION',
      commands
        .map((command) => tagged(`${bold(pageOf(command))}(1)`, text(command.summary ?? '')))
        .join('\n'),
    ),
    section('FILES', files.map(([path, what]) => tagged(bold(path), text(what))).join('\n')),
    section(
      'SEE ALSO',
      `${text('The documentation:')}\n.BR "cryptosync help topics" ,\n.I /usr/share/doc/cryptosync/docs`,
    ),
  ]);
}

const files: readonly (readonly [path: string, what: string])[] = [
  ['/etc/cryptosync/config.json', 'settings of all clients'],
  ['/etc/cryptosync/workloads', 'workloads of serve'],
  ['/opt/agency_stack/clients', 'the clients, unless CRYPTOSYNC_ROOT or the settings name another directory'],
  ['/var/log/agency_stack/components/cryptosync.log', 'the log'],
  ['/var/cache/cryptosync', 'compiled code; made anew when it is missing'],
];

function commandPage(command: Command, edition: Edition): string {
  const { id, summary = '', description = '', examples = [] } = command;
  const paragraphs = description.split('\n\n');
  const find = (label: string): string | undefined =>
    paragraphs.find((one) => one.startsWith(`${label}: `))?.slice(label.length + 2);
  const prose = paragraphs.filter((one) => !/^(Exit codes|Environment): /.test(one));
  return page(pageOf(command), edition, [
    section('NAME', `${pageOf(command)} \\- ${text(summary)}`),
    section('SYNOPSIS', `.B cryptosync ${id.replaceAll(':', ' ')}\n${synopsis(command)}`),
    section('DESCRIPTION', prose.map(text).join('\n.PP\n')),
    section('ARGUMENTS', argumentsOf(command)),
    ...flagSections(command),
    section('EXIT STATUS', listed(find('Exit codes'), /^(\d+) (.*)$/s)),
    section('ENVIRONMENT', listed(find('Environment'), /^(\w+) \((.*)\)$/s)),
    section('EXAMPLES', examples.map(example).join('\n')),
    section('SEE ALSO', '.BR cryptosync (1),\n.BR "cryptosync help topics"'),
  ]);
}

function page(name: string, { version, date }: Edition, sections: readonly string[]): string {
  const title = `.TH "${name.toUpperCase().replaceAll('-', '\\-')}" 1 ${date} "cryptosync ${version}" "User Commands"`;
  return `${[title, ...sections.filter((one) => one !== '')].join('\n')}\n`;
}

function section(title: string, body: string): string {
  return body === '' ? '' : `.SH ${title.includes(' ') ? `"${title}"` : title}\n${body}`;
}

function synopsis({ args, flags, strict }: Command): string {
  const words = [
    ...Object.values(flags)
      .filter(({ required }) => required)
      .map((flag) => `${bold(`--${flag.name}`)}=${italic(flag.helpValue ?? 'VALUE')}`),
    ...Object.values(args)
      .filter(({ hidden }) => hidden !== true)
      .map(({ name, required }) => {
        const word = `${italic(name.toUpperCase())}${strict === false ? '...' : ''}`;
        return required ? word : `[${word}]`;
      }),
    `[${italic('FLAGS')}]`,
  ];
  return words.join(' ');
}

function argumentsOf({ args }: Command): string {
  return Object.values(args)
    .filter(({ hidden }) => hidden !== true)
    .map(({ name, description = '' }) => tagged(italic(name.toUpperCase()), text(description)))
    .join('\n');
}

/** The flags by their groups, those of all commands last. */
function flagSections({ flags }: Command): string[] {
  const groups = new Map<string, Flag[]>();
  for (const [name, flag] of Object.entries(flags)) {
    if (flag.hidden) continue;
    const group = flag.helpGroup ?? '';
    groups.set(group, [...(groups.get(group) ?? []), { ...flag, name }]);
  }
  const rank = (group: string): number => (group === '' ? 0 : group === 'GLOBAL' ? 2 : 1);
  return [...groups]
    .sort(([one], [other]) => rank(one) - rank(other) || (one < other ? -1 : 1))
    .map(([group, members]) => {
      const sorted = members.toSorted((one, other) => (one.name < other.name ? -1 : 1));
      return section(group === '' ? 'OPTIONS' : `${group} OPTIONS`, sorted.map(flagText).join('\n'));
    });
}

function flagText(flag: Flag): string {
  const value =
    flag.type === 'option' ? `=${italic(flag.helpValue ?? flag.options?.join('|') ?? 'VALUE')}` : '';
  const spellings = [
    ...(flag.char === undefined ? [] : [bold(`-${flag.char}`)]),
    bold(`--${flag.name}`) + value,
    ...(flag.aliases ?? []).map((alias) => bold(`--${alias}`) + value),
    ...(flag.allowNo ? [bold(`--no-${flag.name}`)] : []),
  ];
  const facts = [
    ...(typeof flag.default === 'string' ? [`Default: ${flag.default}.`] : []),
    ...(flag.env === undefined ? [] : [`Environment: ${flag.env}.`]),
  ];
  const told = flag.description ?? '';
  return tagged(
    spellings.join(', '),
    text([told, ...(facts.length > 0 ? [`(${facts.join(' ')})`] : [])].join(' ')),
  );
}

/** `0 done, 2 usage, 3 some …` as a list; a comma within a meaning stays in it. */
function listed(sentence: string | undefined, entry: RegExp): string {
  if (sentence === undefined) return '';
  const items: [string, string][] = [];
  for (const part of sentence.replace(/\.$/, '').split(/, (?=\d+ |[A-Z][A-Z_]+ \()/)) {
    const [, name, meaning] = entry.exec(part) ?? [];
    if (name !== undefined && meaning !== undefined) items.push([name, meaning]);
  }
  return items.map(([name, meaning]) => tagged(bold(name), text(meaning))).join('\n');
}

function example(line: string): string {
  const command = line.replaceAll('<%= config.bin %>', 'cryptosync');
  return `.PP\n.nf\n.RS\n${literal(command)}\n.RE\n.fi`;
}

function tagged(tag: string, body: string): string {
  return `.TP\n${tag}\n${body}`;
}

function bold(word: string): string {
  return `\\fB${literal(word)}\\fR`;
}

function italic(word: string): string {
  return `\\fI${literal(word)}\\fR`;
}

/** What is typed: its hyphens are such as can be copied. */
function literal(word: string): string {
  return escaped(word).replaceAll('-', '\\-');
}

/** Prose, in which only flags have such hyphens. */
function text(given: string): string {
  return escaped(given).replaceAll(/(?<=^|[\s(])--?(?=\w)/g, (hyphens) => hyphens.replaceAll('-', '\\-'));
}

/** A text in which nothing is roff's. */
function escaped(given: string): string {
  return given
    .replaceAll('\n', ' ')
    .replaceAll('\\', '\\(rs')
    .replaceAll(/^[.']/g, '\\&$&')
    .replaceAll("'", '\\(aq')
    .replaceAll('~', '\\(ti')
    .replaceAll('^', '\\(ha')
    .replaceAll('`', '\\(ga')
    .replaceAll(/[^\0-\x7f]/gu, (character) => `\\[u${hexadecimal(character)}]`);
}

function hexadecimal(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
}
