/** A program that prints, in hex, the password that it was started with, or the code of the refusal. */
import { readPassword } from '../../src/secrets/password.ts';
import { CryptosyncError } from '../../src/system/errors.ts';
import { readStdin } from '../../src/system/stdin.ts';

const [flag, value] = process.argv.slice(2);
const given = flag === '--password-file' ? { file: value } : { argument: value };
try {
  const secret = await readPassword(
    { credential: 'credential', subject: 'a/default', ...given },
    { environment: process.env, warn: () => {}, readStdin: () => readStdin(undefined) },
  );
  process.stdout.write(secret.reveal().toString('hex'));
} catch (error) {
  if (!(error instanceof CryptosyncError)) throw error;
  process.stdout.write(error.code);
}
