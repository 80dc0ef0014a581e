import * as Flags from '@oclif/core/flags';
import { generateEncryptionKey } from '../../secrets/encryption-key.ts';
import { CryptosyncCommand } from '../../terminal/base-command.ts';
import { describeCommand } from '../../terminal/help.ts';

export default class KeyGenerate extends CryptosyncCommand {
  static override summary = 'Print a new encryption key for a crypt layer';
  static override description = describeCommand(
    'A key is 32 bytes from the random generator of the system, in base64. It is printed once and kept nowhere: without it nothing on the remote can ever be read, so keep it in a safe place before you use it. With --salt the second line is a salt.',
    '0 printed, 2 usage',
  );
  static override examples = [
    '<%= config.bin %> key generate > client1.key',
    '<%= config.bin %> key generate --salt --json',
  ];
  static override flags = { salt: Flags.boolean({ description: 'print a salt as well, on a second line' }) };

  async run(): Promise<object> {
    const { flags } = await this.parse(KeyGenerate);
    const key = generateEncryptionKey();
    const salt = flags.salt ? generateEncryptionKey() : undefined;
    // what was asked for is printed with --quiet, too
    this.log(salt === undefined ? key : `${key}\n${salt}`);
    return { key, ...(salt === undefined ? {} : { salt }) };
  }
}
