/**
 * What rclone prints may repeat what it was given (hazards.md R17): an address with its signature, a password in a
 * message. Before anything of it is kept, shown or logged, the secrets of its remotes are taken out.
 */
import { Secret } from '../../secrets/secret.ts';
import { readRcloneConf } from './conf.ts';
import { obscure, reveal } from './obscure.ts';
import { isSecretOption } from './secret-options.ts';

/** Shorter ones would take ordinary words out of a message. */
const shortest = 6;
const masked = '[redacted]';

export interface MaskingFacts {
  readonly configFile: string;
  readonly environment?: Readonly<Record<string, string>> | undefined;
}

/** @returns what takes the secrets of a call's remotes out of a text. It reads rclone.conf, so it is made on need. */
export function maskFor({ configFile, environment = {} }: MaskingFacts): (text: string) => string {
  const values = [...Object.entries(environment), ...settingsOf(configFile)]
    .filter(([option, value]) => isSecretOption(option) && value !== '')
    .flatMap(([option, value]) => (isHeaders(option) ? headerValues(value) : partsOf(value)));
  const forms = [...new Set(values.flatMap((value) => maskedForms(new Secret(value))))]
    .filter((form) => form.length >= shortest)
    .sort((one, other) => other.length - one.length);
  return (text) => forms.reduce((rest, form) => rest.replaceAll(form, masked), text);
}

function settingsOf(configFile: string): [string, string][] {
  if (configFile === '') return [];
  try {
    return [...readRcloneConf(configFile).remotes.values()].flatMap((settings) => [...settings]);
  } catch {
    return []; // rclone can't read it either
  }
}

function isHeaders(option: string): boolean {
  return /(?:^|_)headers$/i.test(option);
}

/** `Authorization,Bearer x,Cookie,y`: the names say nothing, and the values may say all. */
function headerValues(value: string): string[] {
  const values = value.split(',').filter((_, index) => index % 2 === 1);
  // `Bearer x` is told by some as `x` alone
  return [value, ...values, ...values.map((text) => text.split(' ').at(-1) ?? '')];
}

/** A value, what it says when it is obscured, and what stands in it: the texts of a JSON token, a URL's signature. */
function partsOf(value: string): string[] {
  const revealed = reveal(value);
  const parts = [value, ...(revealed === undefined ? [] : [revealed])];
  if (URL.canParse(value)) {
    const signature = new URL(value).searchParams.get('sig');
    return signature === null ? parts : [...parts, signature];
  }
  if (!value.startsWith('{')) return parts;
  try {
    const inner = Object.values(JSON.parse(value) as Record<string, unknown>);
    return [...parts, ...inner.filter((text) => typeof text === 'string' && text.length > 12)] as string[];
  } catch {
    return parts;
  }
}

/**
 * The forms in which a secret may turn up in what rclone prints: as it is, obscured, and in base64, for masking
 * before anything is shown (hazards.md R17). The longest come first; an empty secret has none.
 */
export function maskedForms(secret: Secret): string[] {
  const bytes = secret.reveal();
  if (bytes.length === 0) return [];
  const text = bytes.toString('utf8');
  const base64 = bytes.toString('base64');
  const forms = new Set([
    text,
    encodeURIComponent(text),
    // as Go quotes a text in a message
    JSON.stringify(text).slice(1, -1),
    obscure(secret),
    base64,
    base64.replace(/=+$/, ''),
    bytes.toString('base64url'),
  ]);
  return [...forms].sort((one, other) => other.length - one.length);
}
