/** The remotes that a client has configured, for everybody who does not speak rclone. */
export {
  backendBehind,
  commandsIn,
  parseRcloneConf,
  type RcloneConf,
  readRcloneConf,
  remoteType,
  restoreConfMode,
} from './rclone/conf.ts';
export { describeExposure, exposedServers, serversExposedBy } from './rclone/exposure.ts';
export { layersOf } from './rclone/whereabouts/layers.ts';
export { whereaboutsOf } from './rclone/whereabouts/whereabouts.ts';
