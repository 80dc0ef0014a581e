// What the three completion scripts are made from: the manifest, reduced to what a shell needs.

import { readFileSync } from 'node:fs';
import { profileSchema, remoteSchema } from '../../../src/clients/profile.ts';
import { settingsSchema } from '../../../src/clients/settings.ts';
import { hookKeys } from '../../../src/clients/watching/schema.ts';
import { workloadKeys } from '../../../src/sessions/workload/workload.ts';
import { topicsIn } from '../../../src/terminal/guidance/topics.ts';
import { root } from '../root.ts';

/** What can follow a flag, or stand as an argument. */
export type Values =
  | { kind: 'words'; words: string[] }
  | { kind: 'client' | 'profile' | 'remote' | 'place' | 'generation' | 'file' | 'directory' | 'free' };

export interface Flag {
  /** As typed, the main name first: `--client`, `--client-id`, `-c`. */
  spellings: string[];
  description: string;
  /** Undefined for a switch. */
  values: Values | undefined;
  multiple: boolean;
}

export interface Argument {
  name: string;
  values: Values;
}

export interface Command {
  /** The words that call it: `config get`. */
  path: string;
  /** Undefined for a topic that is no command itself. */
  summary: string | undefined;
  flags: Flag[];
  args: Argument[];
  /** The words that can follow, each with its summary. */
  subcommands: { word: string; summary: string }[];
}

interface ManifestFlag {
  type: 'boolean' | 'option';
  char?: string;
  aliases?: string[];
  description?: string;
  summary?: string;
  helpValue?: string;
  options?: string[];
  multiple?: boolean;
  allowNo?: boolean;
  hidden?: boolean;
}

interface ManifestCommand {
  id: string;
  summary?: string;
  hidden?: boolean;
  flags: Record<string, ManifestFlag>;
  args: Record<string, { name: string; options?: string[]; hidden?: boolean }>;
}

const names: Record<string, Values> = {
  client: { kind: 'client' },
  profile: { kind: 'profile' },
  'share-vault': { kind: 'profile' },
  'remote-name': { kind: 'remote' },
  generation: { kind: 'generation' },
  'at-least': { kind: 'generation' },
  root: { kind: 'directory' },
};

/** Every command and topic, sorted by its path; the first, with the empty path, is cryptosync itself. */
export function readCommands(): Command[] {
  const shown = Object.values(readManifest().commands).filter(({ hidden }) => !hidden);
  const paths = new Set(['', ...shown.flatMap(({ id }) => withTopics(id.split(':')))]);
  const commands = [...paths].sort().map((path) => {
    const found = shown.find(({ id }) => id.replaceAll(':', ' ') === path);
    return found === undefined ? topic(path) : command(path, found);
  });
  return commands.map((parent) => ({ ...parent, subcommands: subcommandsOf(parent, commands) }));
}

function readManifest(): { readonly commands: Record<string, ManifestCommand> } {
  return JSON.parse(readFileSync(`${root}oclif.manifest.json`, 'utf8'));
}

function withTopics(words: string[]): string[] {
  return words.map((_word, index) => words.slice(0, index + 1).join(' '));
}

function topic(path: string): Command {
  const flags = [help, ...(path === '' ? [version] : [])];
  return { path, summary: undefined, flags, args: [], subcommands: [] };
}

const help: Flag = {
  spellings: ['--help'],
  description: 'show what it does and all its flags',
  values: undefined,
  multiple: false,
};
const version: Flag = { ...help, spellings: ['--version'], description: 'show the version' };

function command(path: string, found: ManifestCommand): Command {
  const flags = Object.entries(found.flags)
    .filter(([, flag]) => !flag.hidden)
    .flatMap(([name, flag]) => flagsOf(name, flag))
    .sort((a, b) => (a.spellings.join() < b.spellings.join() ? -1 : 1));
  const args = Object.values(found.args)
    .filter(({ hidden }) => !hidden)
    .map(({ name, options }) => ({ name, values: argumentValues(path, name, options) }));
  return { path, summary: found.summary ?? '', flags: [...flags, help], args, subcommands: [] };
}

function flagsOf(name: string, flag: ManifestFlag): Flag[] {
  const spellings = [
    ...[name, ...(flag.aliases ?? [])].map((long) => `--${long}`),
    ...(flag.char === undefined ? [] : [`-${flag.char}`]),
  ];
  const description = flag.summary ?? flag.description ?? name;
  const values = flag.type === 'option' ? flagValues(name, flag) : undefined;
  const positive = { spellings, description, values, multiple: flag.multiple ?? false };
  if (!flag.allowNo) return [positive];
  return [positive, { ...positive, spellings: [`--no-${name}`], description: `not: ${description}` }];
}

function flagValues(name: string, { options, helpValue }: ManifestFlag): Values {
  if (options !== undefined) return { kind: 'words', words: options };
  if (helpValue === 'REMOTE:PATH') return { kind: 'place' };
  const known = names[name];
  if (known !== undefined) return known;
  // a path on a remote is not one of this machine
  if (helpValue !== 'PATH' || name.startsWith('remote-path')) return { kind: 'free' };
  return { kind: /(^|-)dir(ectory)?$/.test(name) ? 'directory' : 'file' };
}

/** What `config get`, `set` and `unset` take. */
const configKeys = [
  ...new Set([
    ...Object.keys(profileSchema.entries),
    ...Object.keys(remoteSchema.entries).map((key) => `remote.${key}`),
    ...hookKeys,
    ...Object.keys(settingsSchema.entries),
  ]),
]
  .filter((key) => !['$schema', 'remote', 'hooks'].includes(key))
  .sort();

function argumentValues(path: string, name: string, options: string[] | undefined): Values {
  if (options !== undefined) return { kind: 'words', words: options };
  if (name === 'key' && path.startsWith('config ')) return { kind: 'words', words: configKeys };
  if (name === 'key' && path.startsWith('workload '))
    return { kind: 'words', words: [...workloadKeys].sort() };
  if (path === 'help') return { kind: 'words', words: helpTopics() };
  const isLocal = /path|file|dir|target/i.test(name) && !/remote/i.test(name);
  return { kind: isLocal ? 'file' : 'free' };
}

/** What `help` takes as one word. */
function helpTopics(): string[] {
  const commands = Object.keys(readManifest().commands).map((id) => id.replace(/:.*/, ''));
  return [...new Set([...commands, ...topicsIn(root).map(({ name }) => name), 'topics'])].sort();
}

function subcommandsOf(parent: Command, commands: Command[]): Command['subcommands'] {
  const prefix = parent.path === '' ? '' : `${parent.path} `;
  return commands
    .filter(({ path }) => path !== '' && path.startsWith(prefix) && !path.slice(prefix.length).includes(' '))
    .map((child) => ({
      word: child.path.slice(prefix.length),
      summary: child.summary ?? summaryOfTopic(child, commands),
    }));
}

/** A topic is described by what it holds. */
function summaryOfTopic({ path }: Command, commands: Command[]): string {
  const words = commands
    .filter((child) => child.path.startsWith(`${path} `))
    .map((child) => child.path.slice(path.length + 1));
  return words.join(', ');
}
