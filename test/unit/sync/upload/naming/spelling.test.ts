import { describe, expect, it } from 'vitest';
import { keyAt, spellingOf } from '../../../../../src/sync/upload/naming/spelling.ts';

const features = { respellsNames: true, ignoresCase: false };

describe('names that rclone lists otherwise than they were given', () => {
  it.each([
    ['a\nb', 'a␊b'],
    ['a␊b', 'a‛␊b'],
    ['cr\r', 'cr␊'],
    ['cr\r', 'cr␍'],
    ['d\x7f/x', 'd␡/x'],
    ['‛quoted', '‛‛quoted'],
  ])('%j is found under %j', (object, listed) => {
    expect(spellingOf(['plain', object], features).spelled(listed)).toBe(object);
    expect(keyAt(object, features)).toBe(keyAt(listed, features));
  });

  it('a directory that only its own name tells is found, too', () => {
    expect(spellingOf(['dir\r/below'], features).spelled('dir␊')).toBe('dir\r');
  });

  it('are what they are at a place that keeps every byte', () => {
    const exact = { respellsNames: false, ignoresCase: false };
    expect(spellingOf(['a\nb'], exact).spelled('a␊b')).toBe('a␊b');
    expect(keyAt('a\nb', exact)).not.toBe(keyAt('a␊b', exact));
  });
});
