import { availableParallelism } from 'node:os';
import * as Flags from '@oclif/core/flags';
import type * as Interfaces from '@oclif/core/interfaces';
import { serverSocket } from '../../operations/server/socket.ts';
import { activatedDescriptor, type ListeningAt, parseAddress } from '../../service/listening/address.ts';
import { defaultWorkloadsDirectory } from '../../sessions/workload/store.ts';
import { CryptosyncError, toCryptosyncError } from '../../system/errors.ts';
import { CryptosyncCommand, durationOf } from '../../terminal/base-command.ts';
import { describeCommand } from '../../terminal/help.ts';
import { socketFlag } from '../../terminal/server-flags.ts';

export default class Serve extends CryptosyncCommand {
  static override summary = 'Keep sessions of tenants: claim, sync and release over HTTP';
  static override description = describeCommand(
    `Listens at a unix socket that only its owner can use, or with --listen at an address, with a token. A tenant's key
is kept in memory from its claim to its release. On SIGTERM every tenant is synced a last time, and all keys are wiped.`,
    `0 ended by SIGTERM or SIGINT and everything was sent, 2 usage, 3 not everything was sent, 10 configuration,
75 another server listens there, or the registry can't be reached`,
    'NOTIFY_SOCKET',
    'LISTEN_FDS',
    'RCLONE_CONFIG_PASS',
  );
  static override examples = [
    '<%= config.bin %> serve',
    '<%= config.bin %> serve --listen 127.0.0.1:8443 --token-file /etc/cryptosync/token',
    '<%= config.bin %> serve --print-units',
  ];
  static override flags = {
    socket: socketFlag,
    listen: Flags.string({
      description: 'listen at this address of TCP instead; needs --token-file, and off loopback TLS',
      helpValue: 'HOST:PORT',
      exclusive: ['socket'],
    }),
    'token-file': Flags.string({
      description: 'clients show the token in this file',
      helpValue: 'PATH',
    }),
    'tls-cert': Flags.string({
      description: 'certificate and its chain, PEM; read again on SIGHUP',
      helpValue: 'PATH',
      dependsOn: ['tls-key'],
    }),
    'tls-key': Flags.string({ description: 'its key, PEM', helpValue: 'PATH', dependsOn: ['tls-cert'] }),
    workloads: Flags.string({
      description:
        'directory of the workloads [default: /etc/cryptosync/workloads, or the user’s configuration]',
      helpValue: 'DIR',
    }),
    concurrency: Flags.integer({
      description: 'claim and sync so many tenants at a time [default: twice the number of processors]',
      helpValue: 'N',
      min: 1,
      max: 256,
    }),
    drain: Flags.string({
      description: 'time for the last syncs at the end',
      default: '60s',
      helpValue: 'DURATION',
    }),
    registry: Flags.string({
      description: 'the database in which several nodes keep who has which tenant',
      env: 'CRYPTOSYNC_REGISTRY',
      helpValue: 'URL',
    }),
    advertise: Flags.string({
      description: 'where the other nodes and their clients reach this one [default: its own address]',
      helpValue: 'URL',
    }),
    'print-units': Flags.boolean({
      description: 'print the units with which systemd runs this server, and start nothing',
    }),
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(Serve);
    const context = this.contextFor(flags);
    const { environment, userId } = context;
    const drain = durationOf('--drain', flags.drain);
    const socket = flags.socket ?? serverSocket(environment);
    if (flags['print-units']) return await this.#printUnits(flags, socket, drain);
    const workloads = flags.workloads ?? defaultWorkloadsDirectory(environment, userId);
    if (workloads === undefined) {
      throw new CryptosyncError('USAGE', 'where the workloads lie is not known', {
        advice: { to: 'give-workloads' },
      });
    }
    const activated = activatedDescriptor(environment);
    const at: ListeningAt =
      activated !== undefined
        ? { kind: 'activated', descriptor: activated }
        : flags.listen !== undefined
          ? { kind: 'tcp', address: parseAddress(flags.listen) }
          : { kind: 'socket', path: socket };
    // everything that a server is made of, and no other command
    const { serve } = await import('../../service/serve.ts');
    const serving = await serve(context, {
      at,
      tokenFile: flags['token-file'],
      tls: tlsOf(flags),
      workloads,
      concurrency: flags.concurrency ?? 2 * availableParallelism(),
      drain,
      registry: flags.registry,
      advertise: flags.advertise,
    });
    this.say(`listening at ${serving.address}`);
    this.#reloadOnHangUp(serving.reload);
    await aborted(this.signal);
    this.say('ending: the last syncs');
    const left = await serving.end();
    const error =
      left.length === 0
        ? undefined
        : new CryptosyncError('PARTIAL', `not everything was sent of ${left.join(', ')}`, {
            advice: { to: 'claim-and-release' },
          });
    if (error !== undefined) this.reporter().tell(error, 'serve');
    else this.say('ended, and every key is wiped');
    return this.reporter().finish({ ...{ address: serving.address, left }, ...(error && { error }) });
  }

  #reloadOnHangUp(reload: () => void): void {
    process.removeAllListeners('SIGHUP');
    process.on('SIGHUP', () => {
      try {
        reload();
        this.say('certificate and key were read again');
      } catch (error) {
        this.tell(toCryptosyncError(error), 'the former certificate is kept');
      }
    });
  }

  async #printUnits(flags: ServeFlags, socket: string, drain: number): Promise<object> {
    const { renderUnits } = await import('../../service/units.ts');
    const program = process.argv[1] ?? 'cryptosync';
    const options = Object.entries(flags).flatMap(([name, value]) =>
      // an address of a database holds its password, and its place is the unit's environment file
      ['print-units', 'socket', 'registry', 'json', 'quiet', 'verbose'].includes(name) ||
      value === undefined ||
      value === false
        ? []
        : value === true
          ? [`--${name}`]
          : [`--${name}`, String(value)],
    );
    const units = renderUnits({
      command: [process.execPath, program, 'serve', ...options],
      socket,
      drainSeconds: Math.ceil(drain / 1000),
    });
    this.say(`# /etc/systemd/system/cryptosync.socket\n${units.socket}`);
    this.say(`# /etc/systemd/system/cryptosync.service\n${units.service}`);
    return units;
  }
}

type ServeFlags = Interfaces.InferredFlags<typeof Serve.flags>;

function tlsOf(flags: ServeFlags): { certificate: string; key: string } | undefined {
  const { 'tls-cert': certificate, 'tls-key': key } = flags;
  return certificate === undefined || key === undefined ? undefined : { certificate, key };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    // a signal alone keeps no process alive; the server's connections do
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
