/** A document of an operation as the command line prints it: what its errors advise is said in words. */
import type { CryptosyncError } from '../../system/errors.ts';
import { reportOf } from './index.ts';

interface Failing {
  readonly error?: CryptosyncError;
}

/** @param document with an error of its own, or results with one each. */
export function worded(document: Failing & { readonly results?: readonly Failing[] }): object {
  const { results } = document;
  return { ...wordedOne(document), ...(results === undefined ? {} : { results: results.map(wordedOne) }) };
}

function wordedOne(part: Failing): object {
  return part.error === undefined ? part : { ...part, error: reportOf(part.error) };
}
