/** Extended attributes by the real getfattr and setfattr, on files of every kind of name. */
import { execFileSync } from 'node:child_process';
import { linkSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { readAttributes, removeOtherAttributes, writeAttributes } from '../../src/sync/tree/attributes.ts';
import { nameOfBytes, systemPath } from '../../src/system/names.ts';
import { it } from '../support/installation.ts';

const names = ['plain', 'ü', 'line\nfeed', 'back\\slash', '-x', 'a=b', 'x\ufffd'];
const paths = [...names, nameOfBytes(Buffer.from('latin\xe9', 'latin1'))];
const values = { 'user.empty': '', 'user.text': 'one', 'user.ü=\n': 'two\n' };
const attributes = Object.fromEntries(
  Object.entries(values).map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
);

describe('the extended attributes of a file', () => {
  it.for(paths)('called %j are read, written and taken away', async (path, { installation }) => {
    const root = installation.path('tmp');
    const tools = { environment: process.env };
    const read = async () => (await readAttributes(root, [path], tools))?.get(path) ?? {};
    writeFileSync(systemPath(`${root}/${path}`), '');
    await writeAttributes(root, [{ path, attributes }], tools);
    expect(await read()).toEqual(attributes);
    const other = installation.path('other name');
    linkSync(systemPath(`${root}/${path}`), other);
    const told = execFileSync('getfattr', ['--only-values', '-n', 'user.text', other], { stdio: 'pipe' });
    rmSync(other);
    expect(told.toString()).toBe('one');
    const left = { 'user.text': attributes['user.text'] ?? '' };
    await removeOtherAttributes(root, [{ path, attributes: left }], tools);
    expect(await read()).toEqual(left);
  });
});
