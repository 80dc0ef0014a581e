import type { Plugin } from 'rolldown';

/**
 * Writes what is not ASCII as escapes. One such character in a file makes V8 keep two bytes for each of its characters,
 * and node decode it the slow way: a tenth of a start.
 */
export function asciiOnly(): Plugin {
  return {
    name: 'ascii-only',
    // what renderChunk gives back is printed once more, without escapes
    generateBundle(_options, bundle) {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== 'chunk') continue;
        if (/String\.raw`[^`]*[^\0-\x7f]/.test(chunk.code))
          this.error(`${chunk.fileName}: String.raw keeps escapes`);
        chunk.code = chunk.code.replace(/[^\0-\x7f]/g, escapeOf);
      }
    },
  };
}

function escapeOf(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
