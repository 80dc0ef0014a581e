/** What a server of sessions is asked for: its documents, or its errors as those of this program. */
import type { CryptKey } from '../../remotes/crypt.ts';
import type { FilenameEncryption } from '../../remotes/tuning.ts';
import type {
  ClaimDocument,
  ReleaseDocument,
  SessionDocument,
  SyncDocument,
} from '../../sessions/documents.ts';
import { type ErrorCode, exitOf } from '../../system/error-codes.ts';
import { CryptosyncError } from '../../system/errors.ts';
import { ask, type Question, type Reply, type ServerPlace } from './connection.ts';

export interface ClaimWishes {
  readonly workloadId: string;
  /** Stays the caller's to wipe. */
  readonly key?: CryptKey | undefined;
  readonly filenameEncryption?: FilenameEncryption | undefined;
  /** A duration as the server reads it: `30s`. */
  readonly wait?: string | undefined;
}

/** @throws what the server answers with, NOT_READY when it does not */
export async function claimTenant(
  place: ServerPlace,
  tenant: string,
  wishes: ClaimWishes,
): Promise<ClaimDocument> {
  const body = claimBody(wishes);
  try {
    return (await documentOf(place, {
      method: 'POST',
      path: `${pathOf(tenant)}/claim`,
      body,
    })) as ClaimDocument;
  } finally {
    body.fill(0);
  }
}

/** @throws as claimTenant */
export async function syncTenant(place: ServerPlace, tenant: string): Promise<SyncDocument> {
  return (await documentOf(place, { method: 'POST', path: `${pathOf(tenant)}/sync` })) as SyncDocument;
}

/** @param force forgets the key also when not everything can be sent. @throws as claimTenant */
export async function releaseTenant(
  place: ServerPlace,
  tenant: string,
  force: boolean,
): Promise<ReleaseDocument> {
  const body = Buffer.from(JSON.stringify({ force }));
  return (await documentOf(place, {
    method: 'POST',
    path: `${pathOf(tenant)}/release`,
    body,
  })) as ReleaseDocument;
}

/** Undefined while its claim is under way. @throws as claimTenant */
export async function readTenant(place: ServerPlace, tenant: string): Promise<SessionDocument | undefined> {
  const document = await documentOf(place, { method: 'GET', path: pathOf(tenant) });
  return 'directory' in document ? (document as SessionDocument) : undefined;
}

/** @throws as claimTenant */
export async function listTenants(place: ServerPlace): Promise<readonly SessionDocument[]> {
  const document = await documentOf(place, { method: 'GET', path: tenants });
  return (document as { tenants: SessionDocument[] }).tenants;
}

const tenants = '/api/v1/tenants';
const pathOf = (tenant: string): string => `${tenants}/${encodeURIComponent(tenant)}`;

/** The key goes in as bytes; it is base64, and means itself in JSON. */
function claimBody({ key, ...wishes }: ClaimWishes): Buffer {
  const head = Buffer.from(JSON.stringify(wishes).slice(0, -1));
  const part = (name: string, bytes: Buffer): Buffer[] => [
    Buffer.from(`,"${name}":"`),
    bytes,
    Buffer.from('"'),
  ];
  return Buffer.concat([
    head,
    ...(key === undefined ? [] : part('encryptionKey', key.key.reveal())),
    ...(key?.salt === undefined ? [] : part('encryptionSalt', key.salt.reveal())),
    Buffer.from('}'),
  ]);
}

/** Nodes that send a client on to each other for ever are not followed for ever. */
const mostRedirects = 3;

async function documentOf(place: ServerPlace, question: Question, redirects = 0): Promise<object> {
  const { status, document, location } = await ask(place, question);
  if (status === 307 && location !== undefined && redirects < mostRedirects) {
    const { origin, pathname } = new URL(location);
    return await documentOf({ ...place, address: origin }, { ...question, path: pathname }, redirects + 1);
  }
  if (status >= 200 && status < 300 && typeof document === 'object' && document !== null) return document;
  throw failureOf(place, { status, document, location });
}

/** Words of the server's that are no codes here. */
const codes: Readonly<Record<string, ErrorCode>> = {
  INVALID_REQUEST: 'USAGE',
  UNAUTHORIZED: 'CONFIG_INVALID',
  FORBIDDEN: 'CONFIG_INVALID',
  REQUEST_TIMEOUT: 'NOT_READY',
  TOO_MANY_REQUESTS: 'NOT_READY',
  DRAINING: 'NOT_READY',
};

function failureOf({ address }: ServerPlace, { status, document }: Reply): CryptosyncError {
  const { error, message } = (document ?? {}) as { error?: unknown; message?: unknown };
  if (typeof error !== 'string' || typeof message !== 'string') {
    return new CryptosyncError(
      'UNEXPECTED',
      `the server at ${address} answered with ${status}, and no word of ours`,
    );
  }
  const code = error in exitOf ? (error as ErrorCode) : (codes[error] ?? 'UNEXPECTED');
  const isRefused = error === 'UNAUTHORIZED' || error === 'FORBIDDEN';
  return new CryptosyncError(code, message, isRefused ? { advice: { to: 'give-token' } } : {});
}
