/** Passwords and keys. */

import type { AdviceTexts } from '../../system/advice/index.ts';
import type { SecretsAdvice } from '../../system/advice/secrets.ts';
import { selection } from './typed.ts';

export const secretsAdvice: AdviceTexts<SecretsAdvice> = {
  'make-key': 'A key is 32 random bytes in base64, 44 characters. Make one with: cryptosync key generate',
  'make-salt':
    'A salt is 32 random bytes in base64, 44 characters. Make one with: cryptosync key generate --salt',
  'run-secret-command': ({ noun }) => `Run it by hand as this user: it must print the ${noun} and exit 0.`,
  'use-password-file': 'Use --password-file.',
  'give-secret-in-file': ({ noun }) => `Give the ${noun} in a file.`,
  'schedule-password': (facts) =>
    `Give systemd a file with it: --credential PATH. Or name one in the profile: cryptosync config set passwordFile PATH ${selection(facts)}`,
  'schedule-key': (facts) =>
    `Give systemd a file with it: --credential key:PATH. Or let the profile ask for it: cryptosync config set encryptionKeyCommand CMD ${selection(facts)}`,
  'write-options-in-utf-8': 'Write them in UTF-8; rclone takes nothing else.',
  'give-new-password':
    'Give it with --new-password-file PATH or CRYPTOSYNC_NEW_PASSWORD, or run on a terminal.',
};
