/** Telling a source that changes while it is copied (hazards.md G15) from a transfer that fails: it is sent again. */

/** A copy whose size or hash is not the source's, which rclone then removes again; or a file that grew on its way. */
const changed =
  /can't copy - source file is being updated|corrupted on transfer|ContentLength=\d+ with Body length \d+/;

/** Whether one file's failure says that it did not stand still while it was read. */
export function isRestless(message: string): boolean {
  return changed.test(message);
}
