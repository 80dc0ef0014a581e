/** A page of the documentation as plain text for a terminal: what its Markdown says, without its marks. */
import columnsTaken from 'fast-string-width';
import { lexer, type Token, type Tokens } from 'marked';
import { wrapped } from '../showing/style.ts';

/** How a page is to look. */
export interface PageStyle {
  /** The width that paragraphs are broken at; code and tables are kept as they are where they are wider. */
  readonly columns: number;
  /** Sets a heading apart. */
  readonly heading: (text: string) => string;
}

/** @param markdown of a page. @returns its lines, each ended by a line feed */
export function pageText(markdown: string, style: PageStyle): string {
  const blocks = lexer(markdown).flatMap((token) => {
    const text = blockText(token, style, 0);
    return text === '' ? [] : [text];
  });
  return `${blocks.join('\n\n')}\n`;
}

const step = '  ';

function blockText(token: Token, style: PageStyle, indent: number): string {
  const before = ' '.repeat(indent);
  switch (token.type) {
    case 'heading':
      return style.heading(inline(token.tokens));
    case 'code':
      return indented((token as Tokens.Code).text, before + step);
    case 'table':
      return tableText(token as Tokens.Table, before, style.columns);
    case 'list':
      return listText(token as Tokens.List, style, indent);
    case 'blockquote':
      return indented(
        (token.tokens ?? []).map((one) => blockText(one, style, indent)).join('\n\n'),
        `${before}| `,
      );
    case 'space':
    case 'html':
    case 'def':
      return '';
    case 'hr':
      return before + '-'.repeat(Math.max(style.columns - indent, 3));
    default:
      return before + paragraph(inline(partsOf(token) ?? [token]), style.columns, indent);
  }
}

function partsOf(token: Token): Token[] | undefined {
  return 'tokens' in token ? token.tokens : undefined;
}

function paragraph(text: string, columns: number, indent: number): string {
  return wrapped(text.replaceAll(/\s+/g, ' ').trim(), columns, indent);
}

function listText(list: Tokens.List, style: PageStyle, indent: number): string {
  const items = list.items.map((item, index) => {
    const mark = list.ordered ? `${Number(list.start || 1) + index}. ` : '- ';
    const inner = indent + mark.length;
    const text = item.tokens.map((token) => blockText(token, style, inner)).filter((one) => one !== '');
    return ' '.repeat(indent) + mark + text.join(list.loose ? '\n\n' : '\n').slice(inner);
  });
  return items.join(list.loose ? '\n\n' : '\n');
}

/** Columns side by side where they fit the width; otherwise a row is a paragraph for each of its cells. */
function tableText({ header, rows }: Tokens.Table, before: string, columns: number): string {
  const cells = [header, ...rows].map((row) => row.map(({ tokens }) => inline(tokens)));
  const widths = header.map((_, index) => Math.max(...cells.map((row) => columnsTaken(row[index] ?? ''))));
  const gap = 2;
  const last = widths.length - 1;
  const begins = widths.map((_, index) =>
    widths.slice(0, index).reduce((sum, width) => sum + width + gap, 0),
  );
  const room = columns - before.length - (begins[last] ?? 0);
  if (room < 24 && (widths[last] ?? 0) > room) return listedRows(cells, before, columns);
  const lines = cells.map((row) =>
    row
      .map((text, index) =>
        index === last
          ? wrapped(text, columns, before.length + (begins[last] ?? 0))
          : text + ' '.repeat((widths[index] ?? 0) + gap - columnsTaken(text)),
      )
      .join('')
      .trimEnd(),
  );
  const rule = widths
    .map((width, index) => '-'.repeat(index === last ? Math.min(width, room) : width))
    .join('  ');
  return [lines[0], rule, ...lines.slice(1)].map((line) => before + line).join('\n');
}

function listedRows([names = [], ...rows]: readonly string[][], before: string, columns: number): string {
  return rows
    .map((row) =>
      row
        .flatMap((text, index) => {
          if (text === '') return [];
          const name = names[index] ?? '';
          const label = index === 0 || name === '' ? '' : `${name}: `;
          const inset = index === 0 ? before : before + step;
          return [inset + paragraph(label + text, columns, inset.length)];
        })
        .join('\n'),
    )
    .join('\n');
}

/** The text of what stands in a line. Of a link to another page its topic is told. */
function inline(tokens: readonly Token[] | undefined): string {
  return (tokens ?? [])
    .map((token) => {
      switch (token.type) {
        case 'link':
          return linkText(token as Tokens.Link);
        case 'codespan':
          return (token as Tokens.Codespan).text;
        case 'br':
          return ' ';
        case 'html':
          return '';
        case 'escape':
          return (token as Tokens.Escape).text;
        default:
          return partsOf(token) ? inline(partsOf(token)) : 'text' in token ? String(token.text) : token.raw;
      }
    })
    .join('');
}

function linkText({ href, tokens }: Tokens.Link): string {
  const text = inline(tokens);
  const page = /^([\w-]+)\.md(?:#.*)?$/.exec(href)?.[1];
  if (page !== undefined) return text === `${page}.md` ? page : `${text} (help ${page})`;
  return /^https?:/.test(href) && href !== text ? `${text} (${href})` : text;
}

function indented(text: string, before: string): string {
  return text
    .split('\n')
    .map((line) => (line === '' ? '' : before + line))
    .join('\n');
}
