/** A scenario is wrong itself: there can be no run of it. */
export class ScenarioError extends Error {
  override readonly name: string = 'ScenarioError'
}
