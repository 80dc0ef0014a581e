/** The command and a WebDAV server, which knows neither times nor hashes. */
import { describe } from 'vitest';
import { generateEncryptionKey } from '../../src/secrets/encryption-key.ts';
import {
  goesThereAndBack,
  namesWhatItCantHold,
  refusesWrongKeys,
  survivesOutages,
  withStorage,
} from '../support/storage-suite.ts';

describe('WebDAV', () => {
  const scene = withStorage('webdav');
  const keys = { key: generateEncryptionKey() };
  goesThereAndBack(scene, 'with-crypt', { filenameEncryption: 'standard', keys });
  goesThereAndBack(scene, 'without-crypt', {});
  namesWhatItCantHold(scene, 'names-with-crypt', 'n'.repeat(144), { filenameEncryption: 'standard', keys });
  refusesWrongKeys(scene);
  survivesOutages(scene);
});
