/** The flags that say where a server of sessions is: for it, and for those who speak to it. */
import * as Flags from '@oclif/core/flags';

/** The socket of `serve`, for it and for those who speak to it. */
export const socketFlag = Flags.string({
  description:
    'the unix socket of the server [default: $XDG_RUNTIME_DIR/cryptosync/cryptosync.sock, or below /run]',
  env: 'CRYPTOSYNC_SOCKET',
  helpValue: 'PATH',
});

/** For the commands of `session`: where the server is. */
export const serverFlags = {
  socket: socketFlag,
  server: Flags.string({
    description: 'the address of a server on TCP instead',
    env: 'CRYPTOSYNC_SERVER',
    helpValue: 'URL',
    exclusive: ['socket'],
  }),
  'token-file': Flags.string({
    description: 'show the server the token in this file',
    env: 'CRYPTOSYNC_TOKEN_FILE',
    helpValue: 'PATH',
  }),
  'ca-file': Flags.string({
    description: 'trust the authority in this file, PEM',
    helpValue: 'PATH',
    dependsOn: ['server'],
  }),
};
