/** Pages of HTML that are written here: a report of the fleet, a recovery sheet. */
import { printable } from './style.ts';

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as HTML shows it, in elements and quoted attributes. */
export function escapedHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (mark) => entities[mark] ?? mark);
}

/** A name or message, which may be anybody's, as a page shows it. */
export function escapedText(text: string): string {
  return escapedHtml(printable(text));
}
