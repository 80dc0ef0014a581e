/** The library's face: what programs need to do the same without the command line. */

export { type ProfileLayout, profileLayout } from './clients/layout.ts';
export { type ClientId, type ProfileName, parseClientId, parseProfileName } from './clients/names.ts';
export {
  type ExecutorResult,
  type ExecutorSettings,
  RcloneSyncExecutor,
} from './executor/executor.ts';
export type {
  ConfiguredTarget,
  EncryptionConfig,
  ExecutorOptions,
  SinkTarget,
} from './executor/options.ts';
export type { Context, PasswordProvider } from './operations/context.ts';
export { executeInstall, type InstallResult } from './operations/install/execute.ts';
export { type InstallPlan, planInstall } from './operations/install/plan.ts';
export type { InstallRequest } from './operations/install/request.ts';
export { type ContextChoices, makeContext } from './operations/make-context.ts';
export { type MountRequest, type MountResult, mountProfile } from './operations/mount.ts';
export { readStatus, type StatusDocument, type VaultStatus } from './operations/status/status.ts';
export { syncProfile } from './operations/sync/sync-profile.ts';
export type { SyncRequest } from './operations/sync/sync-request.ts';
export { type UnmountRequest, type UnmountResult, unmountProfile } from './operations/unmount.ts';
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
export type { TransferStats } from './remotes/transfer.ts';
export type { FilenameEncryption } from './remotes/tuning.ts';
export { generateEncryptionKey, validateEncryptionKey } from './secrets/encryption-key.ts';
export { Secret } from './secrets/secret.ts';
export { SyncCoordinator } from './sessions/coordinator.ts';
export type {
  ClaimDocument,
  ReleaseDocument,
  SessionDocument,
  SessionEncryption,
  SessionState,
  SessionSync,
  SyncDocument,
} from './sessions/documents.ts';
export type { Claimed, HookFacts, SessionHooks } from './sessions/hooks.ts';
export { embeddedRegistry, type Lease, type Owner, type Registry } from './sessions/registry.ts';
export { clearEncryptionConfig, type TenantSession } from './sessions/session.ts';
export type {
  ClaimRequest,
  CloseRequest,
  CoordinatorSettings,
  ReleaseRequest,
} from './sessions/settings.ts';
export {
  defaultWorkloadsDirectory,
  givenWorkloads,
  listWorkloads,
  type WorkloadSource,
  workloadsIn,
} from './sessions/workload/store.ts';
export type { Workload, WorkloadMapping } from './sessions/workload/workload.ts';
export type { SyncResult } from './sync/result.ts';
export type { Advice, Warn } from './system/advice/index.ts';
export { type Clock, systemClock } from './system/clock.ts';
export { CryptosyncError, type ErrorCode, type ErrorReport } from './system/errors.ts';
export { createFileLog, type Log, type LogLevel, silentLog } from './system/log.ts';
