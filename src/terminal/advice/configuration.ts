/** Profiles, settings, names, completions, uninstall. */
import type { ConfigurationAdvice } from '../../system/advice/configuration.ts';
import type { AdviceTexts } from '../../system/advice/index.ts';

export const configurationAdvice: AdviceTexts<ConfigurationAdvice> = {
  'choose-root': 'Choose another with --root or CRYPTOSYNC_ROOT.',
  'name-root-itself': 'Name the directory itself with --root, when you trust it.',
  'choose-engine': ({ known }) => `Only ${known.join(' and ')} vaults can be taken over.`,
  'write-whole-path': 'Write the whole path there, then run install again.',
  'choose-key': ({ nearest, known }) => `Did you mean ${nearest}? The keys are: ${known.join(', ')}`,
  'say-global': 'It is a setting of all clients: add --global.',
  'leave-global-out': 'It is a key of profiles: leave --global out, and name the client.',
  'nothing-changed': 'Nothing was changed.',
  'follow-name-rule':
    'A name starts with a letter or digit, and has at most 64 letters, digits, dots, underscores and hyphens.',
  'choose-unreserved-name': ({ name }) =>
    `"${name}" is the name of a directory of the default profile. Choose another.`,
  'set-up-client': ({ client }) => `Set it up: cryptosync install --client ${client}`,
  'set-up-or-list-clients': ({ client }) =>
    `Set it up: cryptosync install --client ${client}. See which there are: cryptosync status --all`,
  'set-up-profile': ({ client, profile }) =>
    `Set it up: cryptosync install --client ${client} --profile ${profile}`,
  'bring-older-profile-back': ({ backup }) => `Mend it, or bring the older one back: ${backup}`,
  'edit-profile': 'Mend it in an editor: cryptosync config',
  'mend-profile': 'Mend it in an editor, or with: cryptosync config, config set KEY VALUE, config unset KEY',
  'choose-link-directory': 'Choose another place with --bin-dir, or --no-links.',
  'move-link-away': 'Move it away, or choose another place with --bin-dir, or --no-links.',
  'mend-or-remove-file': 'Mend it in an editor, or remove it.',
  'mend-or-remove-settings': 'Mend it in an editor, or remove it: every command reads it first.',
  'name-shell': ({ shells }) => `Name one: --shell ${shells.join('|')}`,
  'name-completion-directory': 'Name a directory: --dir PATH',
  'move-completions-away': 'Move it away, or choose another place with --dir PATH.',
  'set-home': 'Set HOME or XDG_CONFIG_HOME.',
  'look-at-changes': 'Look what it has changed with config list. Save once more to put your changes into it.',
  'make-profile-for-engine': ({ client, engine }) =>
    `Make another profile with the other engine and copy the files: cryptosync install --client ${client} --profile NAME --engine ${engine}`,
  'make-profile-for-vault': 'For another vault make another profile.',
  'move-vault-first': ({ from, into }) =>
    `Unmount it, move the directory, then change the profile: mv ${from} ${into}`,
  'uninstall-sharer': ({ sharer, shared }) =>
    `Uninstall ${sharer} first, or leave the ${shared}: without --purge-${shared === 'vault' ? 'vault' : 'remote-config'}.`,
  'remove-vault-by-hand': 'Uninstall without --purge-vault, then remove the vault by hand.',
  'look-where-link-leads': 'Look where it leads.',
  'check-paths': 'Check --root and the paths in the profile.',
  'set-tmpdir': 'Give TMPDIR a directory that is there, or none: then it is /tmp.',
  'check-owner': 'Check who owns it, or run as that user.',
  'choose-other-editor': 'Nothing was changed. Name another with EDITOR.',
};
