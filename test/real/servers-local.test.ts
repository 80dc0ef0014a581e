/** The command and a directory of this machine, such as a mounted disk. */
import { describe } from 'vitest';
import { generateEncryptionKey } from '../../src/secrets/encryption-key.ts';
import {
  goesThereAndBack,
  namesWhatItCantHold,
  refusesWrongKeys,
  withStorage,
} from '../support/storage-suite.ts';

const keys = { key: generateEncryptionKey(), salt: generateEncryptionKey() };

describe('a directory of this machine', () => {
  const scene = withStorage('local');
  goesThereAndBack(scene, 'with-crypt', { filenameEncryption: 'standard', keys });
  goesThereAndBack(scene, 'without-crypt', {});
  namesWhatItCantHold(scene, 'names-with-crypt', 'n'.repeat(144), { filenameEncryption: 'standard', keys });
  refusesWrongKeys(scene);
});
