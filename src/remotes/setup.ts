/** Setting a remote up: which backends there are, what they take, and writing one down. */
export {
  type Backend,
  findBackend,
  listBackends,
  secretOptions,
  verifyOptions,
} from './rclone/backends.ts';
export { serviceOf } from './rclone/services.ts';
export {
  removeRemotes,
  verifyNoControlCharacters,
  verifyRemoteName,
  writeRemote,
} from './rclone/setup.ts';
