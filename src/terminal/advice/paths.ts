/** Paths that are not as safe as their use needs them to be. */
import type { AdviceTexts } from '../../system/advice/index.ts';
import type { PathsAdvice } from '../../system/advice/paths.ts';

export const pathsAdvice: AdviceTexts<PathsAdvice> = {
  'look-at-link': ({ path }) =>
    `Look where it leads: ls -l ${path}. Then move it away, or put what belongs there itself in its place.`,
  'take-mount-off': ({ path }) => `Unmount it first: umount ${path}`,
  'look-at-file': ({ path }) => `Look what it is: ls -ld ${path}. Then move it away.`,
  'own-path': ({ path, owner, userId }) =>
    userId === 0
      ? `If it is meant to be root's: chown root ${path}. What is a user's own is used as that user: sudo -u '#${owner}' cryptosync …`
      : `Run this as the user whose it is, or give it to this one as root: chown ${userId} ${path}`,
  'separate-mount-directory': ({ client, profile }) =>
    `Choose another with --mount-dir at install, or: cryptosync config set mountDir PATH --client ${client} --profile ${profile}`,
  'keep-out-of-syncs': 'Choose a place outside of what is synced, and move what lies there already.',
  'close-path': ({ path }) => `Take that from them: chmod go-w ${path}`,
};
