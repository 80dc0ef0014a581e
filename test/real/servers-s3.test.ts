/** The command and an S3 server, which has keys and no directories. */
import { describe } from 'vitest';
import { generateEncryptionKey } from '../../src/secrets/encryption-key.ts';
import {
  goesThereAndBack,
  namesWhatItCantHold,
  refusesWrongKeys,
  survivesOutages,
  withStorage,
} from '../support/storage-suite.ts';

const keys = { key: generateEncryptionKey() };
/** Names that are short enough by themselves, and together longer than a key may be. */
const deepPath = `${'seventeen letters/'.repeat(40)}end`;

describe('S3', () => {
  const scene = withStorage('s3');
  goesThereAndBack(scene, 'with-crypt', { filenameEncryption: 'standard', keys });
  goesThereAndBack(scene, 'without-crypt', {});
  namesWhatItCantHold(scene, 'names-with-crypt', deepPath, { filenameEncryption: 'standard', keys });
  namesWhatItCantHold(scene, 'names-without-crypt', `${deepPath.repeat(2)}`, {});
  refusesWrongKeys(scene);
  survivesOutages(scene);
});
