/** What a program gives to the executor. */
import type { Sink } from '../remotes/sinks/index.ts';
import type { TransferStats } from '../remotes/transfer.ts';
import type { Direction, FilenameEncryption, TransferMode } from '../remotes/tuning.ts';
import type { Secret } from '../secrets/secret.ts';

/** How what lies on the remote is encrypted: by rclone's crypt, with a key that only its owner knows. */
export interface EncryptionConfig {
  /** 32 random bytes in base64, as `generateEncryptionKey` makes them. Checked by `validateEncryptionKey`. */
  readonly key: string | Secret | Uint8Array;
  /** Of the same form; without one rclone's own fixed salt is used. What was sent with a salt needs it for ever. */
  readonly salt?: string | Secret | Uint8Array | undefined;
  /** False leaves names as they are, with `.bin` behind. Default true. */
  readonly encryptFilenames?: boolean | undefined;
  /** How names are hidden. Default `standard`, or `off` where `encryptFilenames` is false. */
  readonly filenameEncryption?: FilenameEncryption | undefined;
  /** Whether the names of directories are hidden too. Default true. It has no effect with `off`. */
  readonly directoryNameEncryption?: boolean | undefined;
}

/** The same with key and salt as checked bytes that their owner wipes. */
export interface HeldEncryption extends EncryptionConfig {
  readonly key: Secret;
  readonly salt?: Secret | undefined;
}

/** A place that an adapter knows: it needs no rclone.conf, and its credentials go into rclone's environment only. */
export interface SinkTarget {
  readonly sink: Sink;
  /** Whose directory on the sink it is: a client id. */
  readonly client: string;
  /** Below the client's directory; the directory itself when left out. */
  readonly path?: string | undefined;
}

/** A remote that stands in an rclone.conf. */
export interface ConfiguredTarget {
  /** The rclone.conf, an absolute path. */
  readonly configFile: string;
  /** The remote's name in it. */
  readonly name: string;
  /** The path or bucket on it; absolute where the remote is this machine. */
  readonly path: string;
}

export interface ExecutorOptions {
  /** The directory on this machine, an absolute path. */
  readonly directory: string;
  readonly target: SinkTarget | ConfiguredTarget;
  /**
   * Whose data it is: any text that stays the same from run to run, such as a UUID. The remote is marked with it, and
   * data of another owner is neither replaced nor downloaded.
   */
  readonly owner: string;
  /** `'none'` sends the files as they are: it has to be said, so that nothing leaves unencrypted by accident. */
  readonly encryption: EncryptionConfig | 'none';
  /** Default `upload`. */
  readonly direction?: Direction | undefined;
  /** `sync` makes the target like the source, with deletions; `copy` deletes nothing. Default `sync`. */
  readonly mode?: TransferMode | undefined;
  /** rclone's patterns of what is transferred; everything when left out. */
  readonly include?: readonly string[] | undefined;
  /** Refuses to delete more: a number of files (`25`) or a share of the remote (`10%`). Default `50%`, from 11 files on. */
  readonly maxDelete?: string | undefined;
  /** How long replaced and deleted files are kept on the remote: `30d`, `12h`, `0`. Default `30d`. */
  readonly keepDeleted?: string | undefined;
  /** So many generations stay whole however old they are, the current one among them. Default 1. */
  readonly keepGenerations?: number | undefined;
  /** Bytes per second as rclone writes them: `10M`. */
  readonly bandwidthLimit?: string | undefined;
  /** Only tells what would be done. */
  readonly dryRun?: boolean | undefined;
  /** Downloads over local changes, which are kept aside; takes a remote whose last upload did not end. */
  readonly force?: boolean | undefined;
  /**
   * What this machine holds is meant, whatever the target says of itself: an upload onto a generation that this
   * executor has not seen (`REMOTE_AHEAD`), or onto a target that was set back or emptied (`REMOTE_BEHIND`).
   */
  readonly takeOver?: boolean | undefined;
  /** A directory without files is what is meant, and no disk that was not mounted. `maxDelete` still counts. */
  readonly mayBeEmpty?: boolean | undefined;
  /** Looks at the whole target, not only at what it says of itself; otherwise every 7 days. */
  readonly full?: boolean | undefined;
  /** Begins a bidirectional sync anew; where both sides differ, the named one's files win, the others go to the trash. */
  readonly resync?: 'local' | 'remote' | undefined;
  /**
   * Nobody but cryptosync writes to the target. A bidirectional sync needs no times there then (plain WebDAV keeps none):
   * what the target's manifest says of its files counts.
   */
  readonly ownPlace?: boolean | undefined;
  /** Milliseconds to wait for another run with the same directory. Default 0. */
  readonly wait?: number | undefined;
  /** Aborting it ends the run: rclone is told to end, and the result has the code INTERRUPTED. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((stats: TransferStats) => void) | undefined;
}
