/** The page for the day on which everything burned: for somebody who has never heard of this program. */
import type { RecoveryFacts, RecoverySecrets } from '../../../operations/recovery/facts.ts';
import type { Secret } from '../../../secrets/secret.ts';

export interface PageSection {
  readonly title: string;
  readonly lines: readonly string[];
}

/** The parts of the page, in the order in which they are read. */
export function pageSections(facts: RecoveryFacts, secrets?: RecoverySecrets): PageSection[] {
  return [
    { title: 'What this is about', lines: subject(facts) },
    { title: 'Where the ciphertext lies', lines: places(facts) },
    { title: 'What else is needed', lines: needs(facts, secrets) },
    { title: 'Bringing it back, on any Linux machine', lines: recipe(facts) },
    ...(secrets === undefined ? [] : secretSections(facts, secrets)),
  ];
}

export function pageTitle({ client, profile }: RecoveryFacts): string {
  return `Recovery of ${client}/${profile}`;
}

/** The page as plain text. */
export function pageText(facts: RecoveryFacts, secrets?: RecoverySecrets): string {
  const title = pageTitle(facts);
  const sections = pageSections(facts, secrets).map(({ title: heading, lines }) =>
    [heading, '-'.repeat(heading.length), ...lines, ''].join('\n'),
  );
  return [title, '='.repeat(title.length), '', ...sections].join('\n');
}

function subject(facts: RecoveryFacts): string[] {
  const { engine, madeWith, vaultId, host, writtenAt, version, client, profile } = facts;
  return [
    `The files of ${client} (profile ${profile}) lie encrypted by ${engine}, a free program.`,
    `vault id   ${vaultId ?? 'none yet'}`,
    ...(madeWith.length === 0 ? [] : [`made with  ${madeWith.join(', ')}`]),
    `written    ${writtenAt} on ${host}, by cryptosync ${version}`,
  ];
}

function places({ encryptedDir, host, remote, sources }: RecoveryFacts): string[] {
  return [
    `on ${host}: ${encryptedDir}`,
    remote === undefined
      ? 'on no remote'
      : `on the remote ${remote.name}:${remote.path}, which rclone reaches${remote.type === undefined ? '' : ` (type ${remote.type})`}`,
    ...sources.map((source) => `synced as well: ${source}`),
  ];
}

function needs({ hasCrypt, remote }: RecoveryFacts, secrets: RecoverySecrets | undefined): string[] {
  const opens =
    secrets?.masterKey === undefined
      ? 'the password of the vault'
      : 'the password of the vault, or the key below';
  const isWritten = secrets?.remoteSettings !== undefined;
  return [
    `- ${opens}`,
    ...(remote === undefined
      ? []
      : [
          `- what reaches the remote: ${isWritten ? 'its settings stand below' : 'the rclone.conf of this client'}`,
        ]),
    ...(hasCrypt
      ? [
          "- the key (and salt) of the remote's crypt layer: they are stored nowhere, so look where they were kept",
        ]
      : []),
  ];
}

function recipe({ engine, remote, configFile, hasCrypt }: RecoveryFacts): string[] {
  const from = remote === undefined ? undefined : `${remote.name}:${remote.path}`;
  const fetch =
    from === undefined
      ? ['copy the encrypted directory to /srv/restored']
      : [
          'install rclone; save its settings as rclone.conf, then',
          `  rclone --config rclone.conf copy '${from}' /srv/restored --metadata --exclude '/.cryptosync/**'`,
          'links lie there as small files NAME.rclonelink; make them links again:',
          "  find /srv/restored -name '*.rclonelink' -exec sh -c 'for text; do",
          `    ln -s -- "$(cat "$text")" "\${text%.rclonelink}" && rm -- "$text"; done' sh {} +`,
        ];
  return [
    ...fetch,
    ...(hasCrypt
      ? ["(through a crypt remote of rclone's over it, with the key and the salt as its passwords)"]
      : []),
    `install ${engine}; /srv/restored must hold ${configFile}, without which nothing opens; then`,
    '  mkdir /srv/plain',
    `  ${engine} /srv/restored /srv/plain        (it asks for the password)`,
    'or with this program: cryptosync restore, then cryptosync mount',
  ];
}

function secretSections(facts: RecoveryFacts, secrets: RecoverySecrets): PageSection[] {
  const { masterKey, configuration, remoteSettings } = secrets;
  return [
    ...(masterKey === undefined ? [] : [{ title: 'Master key', lines: masterKeyLines(masterKey) }]),
    {
      title: `${facts.configFile}${configuration.isBase64 ? ', in base64' : ''}`,
      lines: configuration.isBase64
        ? (configuration.text.match(/.{1,76}/g) ?? [])
        : configuration.text.trimEnd().split('\n'),
    },
    ...(remoteSettings === undefined
      ? []
      : [{ title: 'rclone.conf', lines: remoteSettings.trimEnd().split('\n') }]),
  ];
}

/** In groups that an eye and a hand can follow. */
export function groupedKey(masterKey: Secret): string {
  return (
    masterKey
      .reveal()
      .toString('latin1')
      .match(/.{1,8}/g) ?? []
  ).join('-');
}

function masterKeyLines(masterKey: Secret): string[] {
  return [
    'Whoever has it reads everything, without the password. Keep this page as you keep the password.',
    '',
    `  ${groupedKey(masterKey)}`,
    '',
    'Open the vault with it: gocryptfs -masterkey=stdin /srv/restored /srv/plain',
    'Give it a new password: gocryptfs -passwd -masterkey=stdin /srv/restored',
    'It then reads the key from its first line of input, with or without the hyphens.',
  ];
}
