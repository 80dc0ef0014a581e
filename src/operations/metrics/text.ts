/**
 * Prometheus' text format. By hand, because a file is written after every run: prom-client, by which the service is
 * measured, takes four times as long for a thousand vaults (150 ms to 40), and 60 ms to be loaded.
 */

/** What stands between the braces, and a value; undefined leaves the line out. */
export type Sample = readonly [labels: string, value: number | undefined];

/** A gauge and its lines. @param family its help is one line without backslashes */
export function familyText(
  { name, help }: { readonly name: string; readonly help: string },
  samples: readonly Sample[],
): string {
  const lines = samples.map(([labels, value]) =>
    value === undefined ? '' : `${name}{${labels}} ${value}\n`,
  );
  return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${lines.join('')}`;
}

/** `client="a",profile="b"`. */
export function labelsText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([label, value]) => `${label}="${escaped(value)}"`)
    .join(',');
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
