/** The parts of a command that is to be typed. */

/** The flags that select a profile. */
export function selection({
  client,
  profile,
}: {
  readonly client: string;
  readonly profile: string;
}): string {
  return `--client ${client}${profile === 'default' ? '' : ` --profile ${profile}`}`;
}
