/**
 * Wraps a password or a key so that it can't be printed by mistake: converting it to text, JSON or an inspection
 * gives `[redacted]`. Only the process runner, the crypt environment, age and the recovery page call `reveal`.
 */
import { inspect } from 'node:util';

const redacted = '[redacted]';

export class Secret {
  readonly #bytes: Buffer;

  /** Takes the bytes over: `wipe` zeroes the given buffer. */
  constructor(value: string | Buffer) {
    this.#bytes = typeof value === 'string' ? Buffer.from(value) : value;
  }

  /** The bytes themselves; not a copy. */
  reveal(): Buffer {
    return this.#bytes;
  }

  /** Zeroes the bytes. The secret can't be used afterwards. */
  wipe(): void {
    this.#bytes.fill(0);
  }

  /** Whether a value is one; it calls nothing of the value. */
  static is(value: unknown): value is Secret {
    return typeof value === 'object' && value !== null && #bytes in value;
  }

  equals(other: Secret): boolean {
    return this.#bytes.equals(other.#bytes);
  }

  toString(): string {
    return redacted;
  }

  toJSON(): string {
    return redacted;
  }

  [inspect.custom](): string {
    return redacted;
  }
}
