/** Calls into a FUSE mount can hang for as long as its daemon pleases (TOOLS.md C8): each gets a deadline. */
import { CryptosyncError } from '../system/errors.ts';

/** Milliseconds for one small call into a mount. */
const deadline = 30_000;

/** @throws MOUNT_FAILED when the mount does not answer in time. */
export async function answerOf<Result>(mountDir: string, call: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () =>
        reject(
          new CryptosyncError(
            'MOUNT_FAILED',
            `the mount ${mountDir} gave no answer within ${deadline / 1000} s`,
            {
              hint: 'Check the disk below it: a full one makes a vault hang.',
            },
          ),
        ),
      deadline,
    );
  });
  try {
    return await Promise.race([call, late]);
  } finally {
    clearTimeout(timer);
  }
}
