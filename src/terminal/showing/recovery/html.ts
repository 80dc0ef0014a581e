/** The recovery page as HTML, to be printed: the same words, with QR codes of what is long to type. */
import type { RecoveryFacts, RecoverySecrets } from '../../../operations/recovery/facts.ts';
import { escapedHtml } from '../html.ts';
import { groupedKey, pageSections, pageTitle } from './page.ts';

/** Bytes that a QR code can hold at the lowest level of correction (ISO/IEC 18004, Table 7: version 40-L). */
const longestCode = 2953;

const style = `body { font: 11pt/1.4 sans-serif; max-width: 18cm; margin: 1cm auto; }
h1 { font-size: 16pt; } h2 { font-size: 12pt; margin-bottom: .2em; }
pre { font: 9.5pt/1.35 monospace; white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; }
section, figure { break-inside: avoid; } figure { margin: .5em 0; }
img { width: 7cm; image-rendering: pixelated; }`;

export async function pageHtml(facts: RecoveryFacts, secrets: RecoverySecrets): Promise<string> {
  const codes = await codesOf(facts, secrets);
  const sections = pageSections(facts, secrets).map(({ title, lines }) => {
    const text = lines.map(escapedHtml).join('\n');
    return `<section>\n<h2>${escapedHtml(title)}</h2>\n<pre>${text}</pre>\n</section>`;
  });
  const title = escapedHtml(pageTitle(facts));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${title}</title>
<style>
${style}
</style>
</head>
<body>
<h1>${title}</h1>
${[...sections, ...codes].join('\n')}
</body>
</html>
`;
}

async function codesOf(
  { configFile }: RecoveryFacts,
  { masterKey, configuration }: RecoverySecrets,
): Promise<string[]> {
  const { encodeQR } = await import('qr');
  const code = (text: string, what: string): string => {
    if (Buffer.byteLength(text) > longestCode)
      return `<p>${escapedHtml(what)} is too long for a QR code.</p>`;
    const image = encodeQR(text, 'data-url', { ecc: 'low', scale: 4, border: 4 });
    return `<figure><img src="${image}" alt="QR code"><figcaption>${escapedHtml(what)}</figcaption></figure>`;
  };
  const how = configuration.isBase64 ? ', in base64' : '';
  return [
    ...(masterKey === undefined ? [] : [code(groupedKey(masterKey), 'Master key')]),
    code(configuration.text, `${configFile}${how}`),
  ];
}
