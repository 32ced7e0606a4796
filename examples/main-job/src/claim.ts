/** What the story said would happen and did not. It ends the run with exit code 1. */
export class BrokenClaim extends Error {
  override readonly name: string = 'BrokenClaim'
}

/** Ends the story unless the claim is true. */
export function claim(holds: boolean, text: string): asserts holds {
  if (!holds) throw new BrokenClaim(text)
}
