import { describe, expect, it } from 'vitest';
import { Secret } from '../../../../src/secrets/secret.ts';
import { type FieldKind, readFlatObject, UnreadableBody } from '../../../../src/service/body/flat-object.ts';

const kinds = {
  encryptionKey: 'secret',
  workloadId: 'word',
  force: 'boolean',
} as const satisfies Record<string, FieldKind>;

function read(text: string): Record<string, unknown> {
  const found = readFlatObject(Buffer.from(text), kinds);
  return Object.fromEntries(
    [...found].map(([name, value]) => [name, Secret.is(value) ? value.reveal().toString() : value]),
  );
}

const key = 'Zm9yIHRlc3RzIG9ubHksIG5vdCBhIHJlYWwga2V5ISE=';

describe('an object of one level', () => {
  it.each([
    ['{}', {}],
    [' { "force" : true , "workloadId":"site" } ', { force: true, workloadId: 'site' }],
    [`{"encryptionKey":"${key}","force":false}`, { encryptionKey: key, force: false }],
    ['{"encryptionKey":"a\\/b\\u002bc\\n\\"\\\\"}', { encryptionKey: 'a/b+c\n"\\' }],
    ['{"encryptionKey":""}', { encryptionKey: '' }],
    ['{"work\\u006coadId":"site"}', { workloadId: 'site' }],
  ])('%s is read', (text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  it.each([
    '',
    'null',
    '[]',
    '"text"',
    '{',
    '{"force"}',
    '{"force":}',
    '{"force":true',
    '{"force":true,}',
    '{"force":true}{}',
    '{"force":true}x',
    '{"force":truely}',
    '{force:true}',
    "{'force':true}",
    '{"force":true,"force":true}',
    '{"force":"true"}',
    '{"force":null}',
    '{"workloadId":5}',
    '{"workloadId":["site"]}',
    '{"workloadId":"a b"}',
    '{"workloadId":""}',
    `{"workloadId":"${'a'.repeat(65)}"}`,
    '{"workloadId":"\\u00e4"}',
    '{"workloadId":"\\u12"}',
    '{"workloadId":"\\x41"}',
    '{"workloadId":"line\nfeed"}',
    '{"workloadId":"\\',
    '{"other":"x"}',
    '{"__proto__":"x"}',
    `${'{"workloadId":'.repeat(10_000)}`,
    `${'['.repeat(10_000)}`,
    '\ufeff{}',
  ])('%s is refused', (text) => {
    expect(() => read(text)).toThrow(UnreadableBody);
  });

  it.each([
    ['in the place of an id', `{"workloadId":"${key}"}`],
    ['in the place of a name', `{"${key}":true}`],
    ['behind a wrong name', `{"encryptionKye":"${key}"}`],
    ['as the whole body', key],
    ['as a text', `"${key}"`],
    ['in a list', `{"encryptionKey":["${key}"]}`],
    ['in another object', `{"encryption":{"key":"${key}"}}`],
    ['without an end', `{"encryptionKey":"${key}`],
    ['twice', `{"encryptionKey":"${key}","encryptionKey":"${key}"}`],
  ])('tells nothing of a key %s', (_where, text) => {
    let told = '';
    try {
      read(text);
    } catch (error) {
      told = `${(error as Error).message} ${(error as Error).stack}`;
    }
    expect(told).toContain('UnreadableBody');
    for (const length of [8, 12]) expect(told).not.toContain(key.slice(0, length));
  });

  it('names the field of a wrong type, for whoever asks which', () => {
    expect(() => read('{"encryptionKey":5}')).toThrow(expect.objectContaining({ field: 'encryptionKey' }));
  });
});
