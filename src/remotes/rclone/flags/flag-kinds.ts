/** The kinds of values that rclone's flags take, written as narrowly as rclone 1.60 reads them. */
import { isIP } from 'node:net';

export interface FlagKind {
  /** A switch stands alone; only behind `=` may it have a value. */
  readonly isSwitch?: boolean;
  readonly accepts: (value: string) => boolean;
  /** For the message about a value that is none: `a number from 1 to 64`. */
  readonly description: string;
}

export const onOff: FlagKind = {
  isSwitch: true,
  accepts: (value) => value === 'true' || value === 'false',
  description: 'true or false',
};

export function count(least: number, most: number): FlagKind {
  return {
    accepts: (value) => /^\d{1,9}$/.test(value) && Number(value) >= least && Number(value) <= most,
    description: `a number from ${least} to ${most}`,
  };
}

/** At most so many a second; 0 is no limit. */
export const rate: FlagKind = {
  accepts: (value) => /^\d{1,6}(\.\d{1,6})?$/.test(value),
  description: 'a number such as 10 or 0.5',
};

export const size: FlagKind = {
  accepts: (value) => value === 'off' || /^\d{1,9}(\.\d{1,3})?([BKMGT]|[KMGT]i(B)?)?$/i.test(value),
  description: 'a size such as 64M',
};

export const duration: FlagKind = {
  accepts: (value) => /^(\d{1,9}(\.\d{1,3})?(ms|[smhd]))+$/.test(value),
  description: 'a duration such as 10ms or 1m30s',
};

export function oneOf(...words: readonly string[]): FlagKind {
  return { accepts: (value) => words.includes(value), description: `one of ${words.join(', ')}` };
}

export const host: FlagKind = {
  accepts: (value) =>
    isIP(value) !== 0 || /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(value),
  description: 'an address or the name of a host',
};

export const file: FlagKind = {
  accepts: (value) => /^\/\P{Cc}+$/u.test(value),
  description: 'an absolute path',
};

/** A header of HTTP: printable ASCII. It does not begin with a hyphen, as a flag in its place would. */
export const headerText: FlagKind = {
  accepts: (value) => /^(?!-)[\x20-\x7e]{1,200}$/.test(value),
  description: 'a text of ASCII',
};

export const order: FlagKind = {
  accepts: (value) => /^(size|name|modtime)(,(asc|ascending|desc|descending|mixed(,\d{1,2})?))?$/.test(value),
  description: 'an order such as size,descending',
};
