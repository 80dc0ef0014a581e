/** Reading and changing one value in a configuration by its dotted key, checked as a whole before it is kept. */
import leven from 'leven';
import type { Advice } from '../system/advice/index.ts';
import { CryptosyncError } from '../system/errors.ts';
import { parseStoredJson } from '../system/paths/stored-json.ts';
import { describeIssues, type SchemaIssue } from './schema-issues.ts';

type Tree = Record<string, unknown>;
/** Checks a whole configuration. */
export type Check<Config> = (value: unknown) => { config: Config } | { issues: SchemaIssue[] };

/** The value at a dotted key, or undefined. */
export function valueAt(config: object, key: string): unknown {
  return key.split('.').reduce<unknown>((value, name) => (isTree(value) ? value[name] : undefined), config);
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A copy with another value at a dotted key; undefined takes the key out. */
function withValue(config: Tree, path: readonly string[], value: unknown): Tree {
  const [name = '', ...rest] = path;
  const { [name]: old, ...others } = config;
  if (rest.length > 0) return { ...config, [name]: withValue(isTree(old) ? old : {}, rest, value) };
  return value === undefined ? others : { ...config, [name]: value };
}

/** Keys of the other configuration, and what to do about one of them. */
export interface KeysElsewhere {
  readonly keys: readonly string[];
  readonly advice: Advice;
}

/** @throws USAGE with where the key is one, or the nearest known key */
export function verifyKey(key: string, known: readonly string[], elsewhere?: KeysElsewhere): void {
  if (known.includes(key)) return;
  if (elsewhere?.keys.includes(key) === true)
    throw new CryptosyncError('USAGE', `there is no key ${JSON.stringify(key)} here`, {
      advice: elsewhere.advice,
      details: { known },
    });
  const nearest = [...known].sort((a, b) => distance(key, a) - distance(key, b))[0];
  throw new CryptosyncError('USAGE', `there is no key ${JSON.stringify(key)}`, {
    advice: { to: 'choose-key', nearest, known },
    details: { known },
  });
}

/** Case counts for little, and `path` may well mean `remote.path`. */
function distance(typed: string, known: string): number {
  const word = typed.toLowerCase();
  const whole = known.toLowerCase();
  return Math.min(leven(word, whole), leven(word, whole.slice(whole.indexOf('.') + 1)) + 0.5);
}

/**
 * Sets a key to a text as an operator typed it: taken as it is where the schema wants text, else as JSON.
 * @throws CONFIG_INVALID with the reasons
 */
export function setKey<Config extends object>(
  config: Config,
  key: string,
  text: string,
  check: Check<Config>,
): Config {
  const attempt = (value: unknown): ReturnType<Check<Config>> =>
    check(withValue(config as Tree, key.split('.'), value));
  const asText = attempt(text);
  if ('config' in asText) return asText.config;
  const parsed = parseJson(text);
  const asJson = parsed === undefined ? asText : attempt(parsed.value);
  if ('config' in asJson) return asJson.config;
  throw invalid(key, (parsed === undefined || typeof parsed.value === 'object' ? asJson : asText).issues);
}

/** Takes a key out. @throws CONFIG_INVALID when the configuration needs it */
export function unsetKey<Config extends object>(config: Config, key: string, check: Check<Config>): Config {
  const result = check(withValue(config as Tree, key.split('.'), undefined));
  if ('config' in result) return result.config;
  throw invalid(key, result.issues);
}

function parseJson(text: string): { value: unknown } | undefined {
  try {
    return { value: parseStoredJson(text) };
  } catch {
    return undefined;
  }
}

function invalid(key: string, issues: SchemaIssue[]): CryptosyncError {
  return new CryptosyncError('CONFIG_INVALID', `${key} can't be that: ${describeIssues(issues)}`, {
    advice: { to: 'nothing-changed' },
    details: { issues },
  });
}
