/**
 * Extended attributes (xattr(7)), access control lists among them. Node can't read them; getfattr(1) and setfattr(1) of
 * the package `attr` can. They are asked only about entries whose stamp moved: whoever changes an attribute moves it.
 */
import { closeSync, constants, openSync } from 'node:fs';
import { findExecutable } from '../../system/dependencies.ts';
import { minimalEnvironment } from '../../system/environment.ts';
import { bytesOfName, isBytes, nameOfBytes, systemPath } from '../../system/names.ts';
import { run } from '../../system/process.ts';

export type Attributes = Readonly<Record<string, string>>;

export interface AttributeTools {
  readonly environment: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
}

/** Bytes of arguments for one call: far below what the kernel takes. */
const mostArguments = 100_000;
/** Milliseconds for one call. */
const deadline = 600_000;
/** More paths than that are quicker asked as a whole tree. */
const manyPaths = 2000;

/**
 * @param paths of a tree, links not followed
 * @returns the attributes of every path that has some; undefined when getfattr is not installed
 */
export async function readAttributes(
  root: string,
  paths: readonly string[],
  tools: AttributeTools,
): Promise<Map<string, Attributes> | undefined> {
  const getfattr = findExecutable('getfattr', tools.environment);
  if (getfattr === undefined) return undefined;
  const found = new Map<string, Attributes>();
  // an argument can't hold bytes that are no text
  const isWhole = paths.length > manyPaths || paths.some(isBytes);
  const calls = isWhole
    ? [['--recursive', '--physical', '--', '.']]
    : batches(paths).map((batch) => ['--', ...batch]);
  for (const args of calls) {
    const { stdout } = await run({
      file: getfattr,
      args: ['--no-dereference', '--dump', '--match=-', '--encoding=base64', ...args],
      environment: minimalEnvironment(tools.environment),
      workingDirectory: root,
      // names are bytes
      printsBytes: true,
      deadline,
      signal: tools.signal,
    });
    for (const [path, attributes] of parseDump(stdout)) found.set(path, attributes);
  }
  return found;
}

function batches(paths: readonly string[]): string[][] {
  const made: string[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const path of paths) {
    const argument = path === '' ? '.' : `./${path}`;
    size += Buffer.byteLength(argument) + 1;
    if (size > mostArguments) {
      made.push([]);
      size = 0;
    }
    made.at(-1)?.push(argument);
  }
  return made;
}

/** What `getfattr --dump` prints: `# file: PATH`, then `name=0sBASE64` lines, then an empty one. */
export function* parseDump(text: string): Generator<[string, Attributes]> {
  for (const block of text.split('\n\n')) {
    const lines = block.split('\n').filter((line) => line !== '');
    const heading = lines.shift();
    if (heading === undefined || !heading.startsWith('# file: ')) continue;
    const path = unescaped(heading.slice('# file: '.length)).replace(/^\.(\/|$)/, '');
    const attributes: Record<string, string> = {};
    for (const line of lines) {
      const match = /^(.+?)(?:=0s(.*))?$/.exec(line);
      if (match?.[1] !== undefined) attributes[unescaped(match[1])] = match[2] ?? '';
    }
    if (Object.keys(attributes).length > 0) yield [path, attributes];
  }
}

/**
 * getfattr writes a byte that could be mistaken as a backslash and three octal digits.
 * @param text one character a byte
 */
function unescaped(text: string): string {
  const bytes = text.replaceAll(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
  return nameOfBytes(Buffer.from(bytes, 'latin1'));
}

/**
 * Gives entries of a tree their attributes. What the file system or the user may not set is passed over: the next look
 * tells. @param entries their paths, and what they are to have
 */
export async function writeAttributes(
  root: string,
  entries: readonly Attributed[],
  tools: AttributeTools,
): Promise<void> {
  const setfattr = findExecutable('setfattr', tools.environment);
  const wanted = entries.filter(({ attributes }) => attributes !== undefined);
  if (setfattr === undefined || wanted.length === 0) return;
  await run({
    file: setfattr,
    args: ['--no-dereference', '--restore=-'],
    environment: minimalEnvironment(tools.environment),
    workingDirectory: root,
    input: wanted.map(blockOf).join(''),
    deadline,
    signal: tools.signal,
  });
}

/** Takes from entries of a tree all attributes but those that they are to have; the other side knows of no others. */
export async function removeOtherAttributes(
  root: string,
  entries: readonly Attributed[],
  tools: AttributeTools,
): Promise<void> {
  const setfattr = findExecutable('setfattr', tools.environment);
  if (setfattr === undefined || entries.length === 0) return;
  const there = await readAttributes(
    root,
    entries.map(({ path }) => path),
    tools,
  );
  for (const { path, attributes = {} } of entries) {
    const names = Object.keys(there?.get(path) ?? {}).filter((name) => !(name in attributes));
    for (const name of names)
      await withArgument(root, path, (argument) =>
        run({
          file: setfattr,
          args: [`--remove=${name}`, ...argument],
          environment: minimalEnvironment(tools.environment),
          workingDirectory: root,
          deadline,
          signal: tools.signal,
        }),
      );
  }
}

/** A name that is no text can't be an argument: it is named by an open file then. */
async function withArgument(
  root: string,
  path: string,
  action: (argument: readonly string[]) => Promise<unknown>,
): Promise<void> {
  if (!isBytes(path)) {
    await action(['--no-dereference', '--', `./${path}`]);
    return;
  }
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const descriptor = openSync(systemPath(`${root}/${path}`), flags);
  try {
    await action(['--', `/proc/${process.pid}/fd/${descriptor}`]);
  } finally {
    closeSync(descriptor);
  }
}

interface Attributed {
  readonly path: string;
  readonly attributes?: Attributes | undefined;
}

function blockOf({ path, attributes = {} }: Attributed): string {
  const lines = Object.entries(attributes).map(
    ([name, value]) => `${escaped(name, '=')}=${value === '' ? '""' : `0s${value}`}`,
  );
  return `# file: ${escaped(path === '' ? '.' : `./${path}`, '')}\n${lines.join('\n')}\n\n`;
}

/** Every byte that is no plain character as a backslash and three octal digits, as getfattr writes it. */
function escaped(text: string, more: string): string {
  return [...bytesOfName(text)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      const isPlain = byte > 0x20 && byte < 0x7f && character !== '\\' && !more.includes(character);
      return isPlain ? character : `\\${byte.toString(8).padStart(3, '0')}`;
    })
    .join('');
}
