/** How rclone writes a place: `name:path`, `:backend,option=value:path`, or a path of this machine (rclone.org/docs). */

export interface Spec {
  /** Everything before the path, as it is written. */
  readonly prefix: string;
  /** A remote of rclone.conf; undefined for one that is defined on the spot. */
  readonly name: string | undefined;
  readonly options: ReadonlyMap<string, string>;
  readonly path: string;
}

const optionPattern = /^,([^,=:]+)(?:=("(?:[^"]|"")*"|'(?:[^']|'')*'|[^,:]*))?/;

export function parseSpec(text: string): Spec {
  const head = /^(:?)([\w.+@ -]*)/.exec(text) ?? ['', '', ''];
  const [start = '', colon = '', word = ''] = head;
  const options = new Map<string, string>(colon === '' ? [] : [['type', word]]);
  let at = start.length;
  for (let match = optionPattern.exec(text.slice(at)); match; match = optionPattern.exec(text.slice(at))) {
    options.set(match[1] ?? '', unquoted(match[2] ?? 'true'));
    at += match[0].length;
  }
  if (word === '' || text[at] !== ':') {
    return { prefix: '', name: undefined, options: new Map([['type', 'local']]), path: text };
  }
  const name = colon === '' ? word : undefined;
  return { prefix: text.slice(0, at + 1), name, options, path: text.slice(at + 1) };
}

function unquoted(value: string): string {
  const [quote] = value;
  if (quote !== '"' && quote !== "'") return value;
  return value.slice(1, -1).replaceAll(`${quote}${quote}`, quote);
}

/** The places that a union or a combination lies over: a list by spaces, in quotes where they have some. */
export function upstreamsOf(settings: ReadonlyMap<string, string>): string[] {
  const text = settings.get('upstreams') ?? '';
  return [...text.matchAll(/"((?:[^"]|"")*)"|(\S+)/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '',
  );
}
