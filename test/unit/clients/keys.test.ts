import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { type Check, setKey, unsetKey, valueAt, verifyKey } from '../../../src/clients/keys.ts';
import { issuesOf } from '../../../src/clients/schema-issues.ts';
import { hintOf, refusalOf } from '../../support/refusal.ts';

const schema = v.strictObject({
  name: v.string(),
  count: v.optional(v.number()),
  flag: v.optional(v.boolean()),
  list: v.optional(v.array(v.string())),
  place: v.optional(v.strictObject({ path: v.string(), deep: v.optional(v.string()) })),
});
type Config = v.InferOutput<typeof schema>;
const check: Check<Config> = (value) => {
  const result = v.safeParse(schema, value);
  return result.success ? { config: result.output } : { issues: issuesOf(result.issues) };
};
const base: Config = { name: 'n', place: { path: '/p' } };

describe('a dotted key', () => {
  it('reads a value at any depth, and nothing where there is none', () => {
    expect(valueAt(base, 'name')).toBe('n');
    expect(valueAt(base, 'place.path')).toBe('/p');
    expect(valueAt(base, 'place')).toEqual({ path: '/p' });
    expect(valueAt(base, 'place.none')).toBeUndefined();
    expect(valueAt(base, 'name.length')).toBeUndefined();
    expect(valueAt({ list: ['a'] }, 'list.0')).toBeUndefined();
  });

  it.each([
    ['name', 'true', { ...base, name: 'true' }],
    ['name', '', { ...base, name: '' }],
    ['name', '"quoted"', { ...base, name: '"quoted"' }],
    ['name', '5', { ...base, name: '5' }],
    ['count', '5', { ...base, count: 5 }],
    ['flag', 'false', { ...base, flag: false }],
    ['list', '["a","b"]', { ...base, list: ['a', 'b'] }],
    ['place.path', '/q', { name: 'n', place: { path: '/q' } }],
    ['place.deep', 'x', { name: 'n', place: { path: '/p', deep: 'x' } }],
    ['place', '{"path":"/q"}', { name: 'n', place: { path: '/q' } }],
  ])('takes a text as the type that belongs there: %s = %s', (key, text, wanted) => {
    const before = structuredClone(base);
    expect(setKey(base, key, text, check)).toEqual(wanted);
    expect(base).toEqual(before);
  });

  it('makes the branch that it stands on', () => {
    expect(setKey({ name: 'n' }, 'place.path', '/p', check)).toEqual(base);
  });

  it.each([
    ['count', 'many', /count: /],
    ['flag', 'yes', /flag: /],
    ['list', '[1]', /list\.0: /],
    ['list', 'a', /list: /],
    ['place', '{"path":5}', /place\.path: /],
    ['place.deep', 'x', /place\.path: /],
  ])('refuses what is not valid, with its path: %s = %s', (key, text, why) => {
    const start: Config = key === 'place.deep' ? { name: 'n' } : base;
    const error = refusalOf(() => setKey(start, key, text, check));
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', exit: 10, message: expect.stringMatching(why) });
  });

  it('can be taken out, unless it is needed', () => {
    expect(unsetKey({ ...base, count: 1 }, 'count', check)).toEqual(base);
    expect(unsetKey(base, 'count', check)).toEqual(base);
    expect(unsetKey(base, 'place', check)).toEqual({ name: 'n' });
    for (const key of ['name', 'place.path'])
      expect(refusalOf(() => unsetKey(base, key, check)).code).toBe('CONFIG_INVALID');
  });

  it.each([
    ['nme', 'name'],
    ['Place.Path', 'place.path'],
    ['path', 'place.path'],
    ['FLAG', 'flag'],
  ])('that there is not is told with the nearest: %s', (key, nearest) => {
    const error = refusalOf(() => verifyKey(key, ['name', 'count', 'flag', 'place', 'place.path']));
    expect(error).toMatchObject({ code: 'USAGE', exit: 2 });
    expect(hintOf(error)).toContain(`Did you mean ${nearest}?`);
  });
});
