/** The context of an operation that a test calls directly: a fixed time, and what it was told and logged. */
import type { Context } from '../../src/operations/context.ts';

export interface RecordingContext extends Context {
  readonly warnings: string[];
  readonly logged: string[];
}

export const fixedTime = new Date(Date.UTC(2026, 0, 31, 2, 0, 0));

export function contextFor(
  root: string,
  environment: NodeJS.ProcessEnv = { PATH: process.env['PATH'] },
): RecordingContext {
  const warnings: string[] = [];
  const logged: string[] = [];
  return {
    root,
    environment,
    userId: process.getuid?.() ?? 0,
    clock: { now: () => fixedTime },
    log: { write: (level, message) => void logged.push(`${level} ${message}`), hasTold: () => false },
    version: '0.0.0',
    warn: (message) => void warnings.push(message),
    warnings,
    logged,
  };
}
