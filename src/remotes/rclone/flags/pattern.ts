/**
 * rclone's patterns of names (rclone.org/filtering). We decide what is carried, so we read them ourselves: one that is
 * accepted means here what it means to rclone. The rules are those of GlobToRegexp in rclone's fs/filter/glob.go; what
 * of Go's regular expressions JavaScript does not have, or has in another meaning, is refused.
 */

/** Characters; none of an operator is near it. */
const longest = 4096;

/** Whether a text is a pattern of what is transferred; it is one line. */
export function isIncludePattern(text: string): boolean {
  return includeExpression(text) !== undefined;
}

/** A pattern as an expression over relative paths of files; undefined when it is none. */
export function includeExpression(text: string): RegExp | undefined {
  if (text === '' || text.length > longest || /\p{Cc}/u.test(text)) return undefined;
  // only a rule that leaves out means all below a directory by its slash
  const isAnchored = text.startsWith('/');
  const glob = translated(isAnchored ? text.slice(1) : text);
  if (glob === undefined) return undefined;
  try {
    // a name can hold a line feed, which rclone's `**` leaves out: what is told to be everything is everything
    return new RegExp(`${isAnchored ? '^' : '(?:^|/)'}${glob}$`, 'su');
  } catch {
    return undefined;
  }
}

/** Escaped signs, regular expressions, classes, stars, and all others one by one. */
const part = /\\.|\{\{.*?\}\}(?!\})|\[[^\]]+\]|\*+|./gu;

function translated(glob: string): string | undefined {
  let isInBraces = false;
  let expression = '';
  for (const piece of glob.match(part) ?? []) {
    if (piece === '{' || piece === '}') {
      // braces can't be nested
      if (isInBraces === (piece === '{')) return undefined;
      isInBraces = !isInBraces;
    }
    const one = expressionOf(piece, isInBraces);
    if (one === undefined) return undefined;
    expression += one;
  }
  return isInBraces ? undefined : expression;
}

/** One piece; undefined when it means nothing, or something else to rclone. */
function expressionOf(piece: string, isInBraces: boolean): string | undefined {
  if (piece.startsWith('*')) return ['[^/]*', '.*'][piece.length - 1];
  if (piece.length > 1 && piece.startsWith('{')) return grouped(piece.slice(2, -2));
  if (piece.length > 1 && piece.startsWith('[')) {
    return piece.includes('[', 1) ? undefined : withEscapes(piece);
  }
  if (piece.length > 1 && piece.startsWith('\\')) return escapes(piece, '');
  switch (piece) {
    case '?':
      return '[^/]';
    case '{':
      return '(?:';
    case '}':
      return ')';
    case ',':
      return isInBraces ? '|' : ',';
    case '[':
    case ']':
    case '\\':
      return undefined;
    default:
      return /[$.+()^|/]/.test(piece) ? `\\${piece}` : piece;
  }
}

/** A regular expression in a pattern. Of Go's groups only the plain ones are JavaScript's. */
function grouped(expression: string): string | undefined {
  if (/\(\?(?!:)/.test(expression.replace(/\\./gu, '')) || expression.includes('[[:')) return undefined;
  const own = withEscapes(expression);
  try {
    // it must be whole by itself: what it opens must not be closed by the rest
    return own === undefined || new RegExp(own, 'su').source === '' ? undefined : `(?:${own})`;
  } catch {
    return undefined;
  }
}

function withEscapes(expression: string): string | undefined {
  let isKnown = true;
  const own = expression.replace(/\\(?:.|$)/gu, (sequence, at: number) => {
    const isInClass = expression.lastIndexOf('[', at) > expression.lastIndexOf(']', at);
    const known = escapes(sequence, isInClass ? 'class' : '');
    isKnown &&= known !== undefined;
    return known ?? '';
  });
  return isKnown ? own : undefined;
}

/** What Go has for white space. */
const whiteSpace = '\\t\\n\\f\\r ';

/** An escape in JavaScript's words; undefined for a letter that means something else, or nothing, in Go. */
function escapes(sequence: string, where: 'class' | ''): string | undefined {
  const sign = sequence.slice(1);
  if (['d', 'D', 'w', 'W'].includes(sign)) return sequence;
  if (sign === 's') return where === 'class' ? whiteSpace : `[${whiteSpace}]`;
  if (sign === '' || /[^\x21-\x7e]|[0-9A-Za-z]/.test(sign)) return undefined;
  // JavaScript takes a backslash only before what it could change
  return /[$.+()^|/\\*?{}[\]]/.test(sign) || (where === 'class' && sign === '-') ? sequence : sign;
}
