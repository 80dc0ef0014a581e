/** Words as systemd reads them (systemd.syntax(7)). */

/** A word of a command: specifiers, variables and quotes mean themselves. */
export function commandWord(word: string): string {
  return quoted(word.replaceAll('$', '$$$$'));
}

/** A path in a list of them, or a setting of the environment: no variable is looked for there. */
export function quoted(word: string): string {
  const plain = unspecified(word);
  return /^[\w@%+=:,./$-]+$/.test(plain) ? plain : `"${plain.replaceAll(/["\\]/g, '\\$&')}"`;
}

/** A text in which no specifier is meant. */
export function unspecified(text: string): string {
  return text.replaceAll('%', '%%');
}

/** Whether a text can be the name of a unit; a specifier such as `%n` may stand in it. */
export function isUnitName(text: string): boolean {
  return /^[\w:.\\@%-]+\.(?:service|target|socket|path|timer)$/.test(text);
}
