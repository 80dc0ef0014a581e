/** A row that is kept, as it must be when it is read back: of the kind that is kept, and every field of its type. */
import { isProfileName } from '../../../clients/names.ts';
import type { LastRun, PlaceHistory } from '../../../runs/last-sync.ts';
import { engineNames } from '../../../vaults/engines/engine.ts';
import type { LastCheck } from '../../verify/last-check.ts';
import type { VaultStatus } from '../vault-status.ts';

type Test = (value: unknown) => boolean;
/** A test for each field; a field that is left out is undefined. */
type Tests<Type> = Readonly<Record<keyof Type, Test>>;

/**
 * Whether a status may be kept: the vault lies there unmounted and in order, and nothing is at work. What else a status
 * can say, a look has to find out each time.
 */
export function isCalm({ state, health, lastSync, error, advice }: VaultStatus): boolean {
  return (
    state === 'unmounted' &&
    health === 'unmounted' &&
    lastSync?.outcome !== 'unfinished' &&
    error === undefined &&
    advice === undefined
  );
}

const isText: Test = (value) => typeof value === 'string';
const isNumberIfAny: Test = (value) => value === undefined || typeof value === 'number';
const isTextIfAny: Test = (value) => value === undefined || typeof value === 'string';
const isAbsent: Test = (value) => value === undefined;
const one =
  (of: readonly unknown[]): Test =>
  (value) =>
    of.includes(value);
const orNull =
  (test: Test): Test =>
  (value) =>
    value === null || test(value);
const listOf =
  (test: Test): Test =>
  (value) =>
    Array.isArray(value) && value.every(test);

function objectOf<Type extends object>(tests: Tests<Type>): Test {
  const fields = Object.entries<Test>(tests);
  return (value) =>
    typeof value === 'object' &&
    value !== null &&
    fields.every(([name, test]) => test((value as Record<string, unknown>)[name])) &&
    Object.keys(value).every((name) => Object.hasOwn(tests, name));
}

const isRun = objectOf<Required<LastRun>>({
  at: isText,
  outcome: isText,
  remote: isTextIfAny,
  direction: isTextIfAny,
  generation: isNumberIfAny,
  error: isTextIfAny,
  filesTransferred: isNumberIfAny,
  bytesTransferred: isNumberIfAny,
  deleted: isNumberIfAny,
  durationMs: isNumberIfAny,
});

const isPlace = objectOf<PlaceHistory>({
  source: orNull(isText),
  remote: isText,
  direction: isText,
  lastSync: orNull(isRun),
  lastSuccess: orNull(isText),
});

const isCheck = objectOf<Required<LastCheck>>({
  at: isText,
  outcome: isText,
  how: isText,
  remote: orNull(isText),
  generation: orNull((value) => typeof value === 'number'),
  damaged: (value) => typeof value === 'number',
  error: isTextIfAny,
});

const isVaultStatus = objectOf<Required<VaultStatus>>({
  client: isText,
  profile: (value) => typeof value === 'string' && isProfileName(value),
  engine: one(engineNames),
  state: one(['unmounted']),
  health: one(['unmounted']),
  notes: listOf(isText),
  mountDir: isText,
  encryptedDir: isText,
  remote: orNull(
    objectOf<NonNullable<VaultStatus['remote']>>({
      name: isText,
      type: orNull(isText),
      path: isText,
      reachable: one([null]),
    }),
  ),
  lastSync: orNull(isRun),
  lastSuccess: orNull(isText),
  lastElsewhere: orNull(isRun),
  places: listOf(isPlace),
  lastVerification: orNull(isCheck),
  error: isAbsent,
  advice: isAbsent,
  age: isAbsent,
  waiting: isAbsent,
});

/** Whether it is a row of a client that may be told again. */
export function isKeptRow(value: unknown, client: string): value is VaultStatus {
  return isVaultStatus(value) && (value as VaultStatus).client === client && isCalm(value as VaultStatus);
}
