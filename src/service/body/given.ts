/** What a route is given in its body: fields of its own, and apart from them the secrets. */
import { Secret } from '../../secrets/secret.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { RequestFailure } from '../failures.ts';
import { type FieldKind, readFlatObject, UnreadableBody } from './flat-object.ts';

export type Fields = Readonly<Record<string, FieldKind>>;

export interface Given {
  /** What the schema of the route judges. */
  readonly fields: Readonly<Record<string, string | boolean>>;
  /** The caller wipes them. */
  readonly secrets: Readonly<Record<string, Secret>>;
}

/** @throws RequestFailure, INVALID_ENCRYPTION_KEY; never with anything of the body */
export function readGiven(body: Buffer, kinds: Fields): Given {
  const fields: Record<string, string | boolean> = {};
  const secrets: Record<string, Secret> = {};
  for (const [name, value] of entriesOf(body, kinds)) {
    if (Secret.is(value)) secrets[name] = value;
    else fields[name] = value;
  }
  return { fields, secrets };
}

function entriesOf(body: Buffer, kinds: Fields): ReturnType<typeof readFlatObject> {
  try {
    return readFlatObject(body, kinds);
  } catch (error) {
    if (!(error instanceof UnreadableBody)) throw error;
    if (error.field !== undefined && kinds[error.field] === 'secret') {
      // of a wrong type, or in a form that no key has
      throw new CryptosyncError('INVALID_ENCRYPTION_KEY', error.message, {
        advice: { to: error.field === 'encryptionSalt' ? 'make-salt' : 'make-key' },
      });
    }
    throw new RequestFailure('INVALID_REQUEST', `The body can't be used: ${error.message}.`);
  }
}

export function wipeGiven({ secrets }: Given): void {
  for (const secret of Object.values(secrets)) secret.wipe();
}
