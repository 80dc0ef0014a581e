/** Where programs are, past what the tests put before them. */
import { findExecutable } from '../../../src/system/dependencies.ts';

const isOurs = (directory: string): boolean => directory.includes('cryptosync-engines-');

/** The search path without the quick engines: a vault that is made with it costs what it costs an operator. */
export const pathOfOperators = (): string =>
  (process.env['PATH'] ?? '')
    .split(':')
    .filter((directory) => !isOurs(directory))
    .join(':');

/** @returns a program's path; undefined when it is not installed */
export const pathOf = (program: string): string | undefined =>
  findExecutable(program, { PATH: pathOfOperators() });
