/** The flags that several commands share. A flag's environment variable stands behind it in --help. */
import * as Flags from '@oclif/core/flags';
import { filenameEncryptionModes } from '../remotes/tuning.ts';
import { logKinds } from '../system/logs/choose.ts';

/** Every command has these; oclif adds --json. */
export const commonFlags = {
  root: Flags.string({
    description: 'directory of all clients',
    env: 'CRYPTOSYNC_ROOT',
    helpGroup: 'GLOBAL',
    helpValue: 'PATH',
  }),
  log: Flags.string({
    description: 'where the log goes [default: file]',
    options: [...logKinds],
    helpGroup: 'GLOBAL',
  }),
  'log-file': Flags.string({
    description: 'log to this file',
    env: 'CRYPTOSYNC_LOG',
    helpGroup: 'GLOBAL',
    helpValue: 'PATH',
  }),
  quiet: Flags.boolean({
    char: 'q',
    description: 'print nothing but errors',
    helpGroup: 'GLOBAL',
    exclusive: ['verbose'],
  }),
  verbose: Flags.boolean({ char: 'v', description: 'print causes and details', helpGroup: 'GLOBAL' }),
  'no-input': Flags.boolean({ description: 'never prompt', helpGroup: 'GLOBAL' }),
};

export const clientFlag = Flags.string({
  char: 'c',
  aliases: ['client-id'],
  description: 'the client',
  env: 'CRYPTOSYNC_CLIENT',
  helpValue: 'ID',
});

export const profileFlag = Flags.string({
  char: 'p',
  aliases: ['config-name'],
  description: 'the profile',
  env: 'CRYPTOSYNC_PROFILE',
  helpValue: 'NAME',
});

/** For commands that work on several clients. */
export const selectionFlags = {
  client: Flags.string({
    char: 'c',
    aliases: ['client-id'],
    multiple: true,
    multipleNonGreedy: true,
    description: 'the client; can be given several times [default: default]',
    env: 'CRYPTOSYNC_CLIENT',
    helpValue: 'ID',
  }),
  profile: Flags.string({
    char: 'p',
    aliases: ['config-name'],
    multiple: true,
    multipleNonGreedy: true,
    description: 'the profile; can be given several times [default: default]',
    env: 'CRYPTOSYNC_PROFILE',
    helpValue: 'NAME',
  }),
  all: Flags.boolean({ description: 'all clients, with all their profiles unless --profile names some' }),
  'all-profiles': Flags.boolean({ description: 'all profiles of the client', exclusive: ['profile'] }),
};

export const passwordFlags = {
  'password-file': Flags.string({
    description: "read the vault's password from this file, or from stdin (-)",
    helpGroup: 'PASSWORD',
    helpValue: 'PATH',
  }),
  'password-command': Flags.string({
    description: "run this command, which prints the vault's password",
    helpGroup: 'PASSWORD',
    helpValue: 'CMD',
  }),
  'vault-password': Flags.string({
    description: 'the password itself; unsafe, every user of the machine can read it',
    helpGroup: 'PASSWORD',
    helpValue: 'PASSWORD',
  }),
};

export const keyFlags = {
  'encryption-key-file': Flags.string({
    description: "read the crypt layer's key from this file, or from stdin (-)",
    helpGroup: 'ENCRYPTION',
    helpValue: 'PATH',
  }),
  'encryption-salt-file': Flags.string({
    description: 'read the salt from this file, or from stdin (-): its second line when both come from there',
    helpGroup: 'ENCRYPTION',
    helpValue: 'PATH',
  }),
};

/** How a crypt layer hides names. */
export const cryptFlags = {
  'filename-encryption': Flags.option({ options: filenameEncryptionModes })({
    description: 'how the crypt layer hides file names [default: standard]',
    helpGroup: 'ENCRYPTION',
  }),
  'directory-name-encryption': Flags.boolean({
    allowNo: true,
    default: true,
    description: 'hide directory names as well',
    helpGroup: 'ENCRYPTION',
  }),
};

export const newKeyFlags = {
  'new-encryption-key-file': Flags.string({
    description: 'with --rekey: read the new key from this file, or from stdin (-)',
    helpGroup: 'ENCRYPTION',
    helpValue: 'PATH',
  }),
  'new-encryption-salt-file': Flags.string({
    description: 'with --rekey: read the new salt from this file, or from stdin (-)',
    helpGroup: 'ENCRYPTION',
    helpValue: 'PATH',
  }),
};

/** For exported files. */
export const passphraseFlags = {
  'passphrase-file': Flags.string({
    description: "read the file's passphrase from this file, or from stdin (-)",
    helpGroup: 'PASSPHRASE',
    helpValue: 'PATH',
  }),
  'passphrase-command': Flags.string({
    description: "run this command, which prints the file's passphrase",
    helpGroup: 'PASSPHRASE',
    helpValue: 'CMD',
  }),
};

export const waitFlag = Flags.string({
  description: 'wait this long for another run to end, such as 10m',
  helpValue: 'DURATION',
});

/** For commands that take a while. */
export const progressFlag = Flags.option({ options: ['json'] as const })({
  description: 'tell on stderr how far it is, a JSON document a line',
});

/** For the commands of `config`: the settings of all clients instead of a profile. */
export const globalFlag = Flags.boolean({
  char: 'g',
  description: 'the settings of all clients (root, client, logFile) instead of a profile',
  exclusive: ['profile'],
});

/** How a remote is set up. */
export const remoteFlags = {
  'remote-type': Flags.string({
    description: 'rclone backend: s3, drive, webdav, sftp, local, …',
    helpValue: 'TYPE',
  }),
  'remote-options': Flags.string({
    description: 'options of the backend; a value with a comma is quoted as in CSV',
    helpValue: 'K=V,K=V',
  }),
  'remote-option': Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    description: 'one option of the backend; can be given several times',
    helpValue: 'K=V',
  }),
  'remote-options-file': Flags.string({
    description: 'options from a file, one key=value a line, or from stdin (-); for secrets',
    helpValue: 'PATH',
  }),
};

/** For what makes a client's links. */
export const linkFlags = {
  'bin-dir': Flags.string({
    description: 'where the links go [default: /usr/local/bin, or ~/.local/bin]',
    helpValue: 'PATH',
  }),
  links: Flags.boolean({ default: true, allowNo: true, description: 'put links to the scripts on PATH' }),
};

/** Where a client's mount and links are made. */
export const treeFlags = {
  'mount-dir': Flags.string({ description: 'where the vault is mounted', helpValue: 'PATH' }),
  ...linkFlags,
};

/** Which generation is meant. */
export const generationFlags = {
  generation: Flags.integer({ description: 'this one [default: the newest]', helpValue: 'N', min: 1 }),
  at: Flags.string({
    description: 'the newest that was there by then, such as 2026-01-31 or 2026-01-31T02:00:00Z',
    helpValue: 'TIME',
    exclusive: ['generation'],
  }),
};
