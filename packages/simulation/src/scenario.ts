import type { ActionOptions, Configuration, ConflictFunctions, Row } from '@outpost/core'
import type { Emulator, Seed } from '@outpost/dataverse-emulator'

/** What a simulation is of: an organisation, the people with devices, and what their devices are set up with. */
export interface Scenario {
  /** Tables, users and rows that each run begins with. Asked for once in a program. */
  readonly seed: () => Seed
  /** Registers plug-ins and operations of one's own, before the first run. */
  readonly prepare?: (emulator: Emulator) => void
  /** Names of those who have devices. None of them may be the seed's default user, whose hand the master's own is. */
  readonly users: readonly string[]
  /** A device begins with one of these, and is given another one now and then. */
  readonly configurations: readonly Configuration[]
  /** Texts that written values begin with: what filters look for should be among them. */
  readonly words: readonly string[]
  /** By table and column, values that are written besides random ones: what filters compare with should be among them. */
  readonly values?: Readonly<Record<string, Readonly<Record<string, readonly (string | number | boolean | null)[]>>>>
  readonly conflictFunctions?: ConflictFunctions
  /** Operations of the master that devices call; `prepare` registers those of one's own. */
  readonly actions?: readonly ScenarioAction[]
}

/** An operation of the master that is about a row. */
export interface ScenarioAction {
  readonly name: string
  /** The table of that row. */
  readonly table: string
  /** What it is called with for a row, given a text that nobody has written before. */
  readonly options: (row: { readonly id: string; readonly values: Row }, text: string) => Omit<ActionOptions, 'on'>
}
