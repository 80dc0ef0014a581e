/** A history of some machines and one place: what was done on which of them, and how it was synced, as data. */
import fc from 'fast-check';
import { edit } from './edits.ts';

export const ways = [
  'upload',
  'copy',
  'download',
  'forced download',
  'both ways',
  'upload, full',
  'upload, interrupted',
  'download, interrupted',
  'both ways, interrupted',
] as const;
export type Way = (typeof ways)[number];

const step = fc.record({
  on: fc.constantFrom(0, 0, 0, 1),
  edits: fc.array(edit, { maxLength: 6 }),
  way: fc.oneof(
    { weight: 8, arbitrary: fc.constant<Way>('upload') },
    { weight: 4, arbitrary: fc.constantFrom<Way>('download', 'forced download') },
    { weight: 4, arbitrary: fc.constant<Way>('both ways') },
    { weight: 4, arbitrary: fc.constantFrom(...ways) },
  ),
  /** Milliseconds after which an interrupted run is interrupted. */
  after: fc.nat(60),
});

export type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;

export const history: fc.Arbitrary<Step[]> = fc.array(step, { minLength: 1, maxLength: 8 });
