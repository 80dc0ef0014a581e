/** The command and SFTP servers: OpenSSH's own, and the one of rclone, which has no shell behind it. */
import { describe } from 'vitest';
import { generateEncryptionKey } from '../../src/secrets/encryption-key.ts';
import {
  goesThereAndBack,
  namesWhatItCantHold,
  refusesWrongKeys,
  survivesOutages,
  withStorage,
} from '../support/storage-suite.ts';

const keys = { key: generateEncryptionKey(), salt: generateEncryptionKey() };

describe('SFTP by OpenSSH', () => {
  const scene = withStorage('openssh');
  goesThereAndBack(scene, 'with-crypt', { filenameEncryption: 'standard', keys });
  goesThereAndBack(scene, 'without-crypt', {});
  namesWhatItCantHold(scene, 'names-with-crypt', 'n'.repeat(144), { filenameEncryption: 'standard', keys });
  refusesWrongKeys(scene);
  survivesOutages(scene);
});

describe('SFTP by rclone', () => {
  const scene = withStorage('sftp');
  goesThereAndBack(scene, 'with-crypt', { filenameEncryption: 'obfuscate', keys });
});
