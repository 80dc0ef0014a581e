/** The facts of an advice that needs none. */
export type NoFacts = Readonly<Record<never, never>>;
