/** The library's face: what programs need to do the same without the command line. */

export { type ProfileLayout, profileLayout } from './clients/layout.ts';
export { type ClientId, type ProfileName, parseClientId, parseProfileName } from './clients/names.ts';
export type { Context, PasswordProvider } from './operations/context.ts';
export { executeInstall, type InstallResult } from './operations/install/execute.ts';
export { type InstallPlan, planInstall } from './operations/install/plan.ts';
export type { InstallRequest } from './operations/install/request.ts';
export {
  type ExecutorResult,
  type ExecutorSettings,
  RcloneSyncExecutor,
} from './operations/library/executor.ts';
export type {
  ConfiguredTarget,
  EncryptionConfig,
  ExecutorOptions,
  SinkTarget,
} from './operations/library/options.ts';
export { type MountRequest, type MountResult, mountProfile } from './operations/mount.ts';
export { readStatus, type VaultStatus } from './operations/status.ts';
export { syncProfile } from './operations/sync/sync-profile.ts';
export type { SyncRequest } from './operations/sync/sync-request.ts';
export type { SyncResult } from './operations/sync/sync-result.ts';
export { type UnmountRequest, type UnmountResult, unmountProfile } from './operations/unmount.ts';
export type { FilenameEncryption } from './remotes/crypt.ts';
export type { TransferStats } from './remotes/rclone-log.ts';
export {
  type AzureBlobSink,
  adapterFor,
  type B2Sink,
  type GcsSink,
  type LocalSink,
  type S3Sink,
  type SftpSink,
  type Sink,
  type SinkAdapter,
  type SinkType,
  sinkAdapters,
  type WebdavSink,
} from './remotes/sinks/index.ts';
export { generateEncryptionKey, validateEncryptionKey } from './secrets/encryption-key.ts';
export { Secret } from './secrets/secret.ts';
export { CryptosyncError, type ErrorCode, type ErrorReport } from './system/errors.ts';
