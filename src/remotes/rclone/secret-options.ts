/** Which options of rclone's backends hold a secret: for what is masked, and for what must not stand in arguments. */

/** By their last words; rclone's own word for it is narrower: it says only what it obscures. */
const secretOption =
  /(?:^|_)(?:pass|password2?|passphrase|secret|key|key_pem|key_base64|apikey|token|credentials|grant|authorization|sas_url|headers)$/i;

/** @param name an option's, or the variable's that sets it (`RCLONE_CONFIG_NAME_SECRET_ACCESS_KEY`). */
export function isSecretOption(name: string): boolean {
  return secretOption.test(name);
}
