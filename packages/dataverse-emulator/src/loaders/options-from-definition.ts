import type { ChoiceOption, GlobalChoiceDraft } from '../schema.ts'
import { booleanOf, labelOf, numberOf, objectOf, objectsOf, textOf } from './json-fields.ts'
import type { JsonObject } from './json-fields.ts'

/** The option set of a column, its own or a shared one; undefined where the document does not have it. */
export function optionSetOf(attribute: JsonObject): JsonObject | undefined {
  return objectOf(attribute['OptionSet']) ?? objectOf(attribute['GlobalOptionSet'])
}

/** The options of an option set, in its order. */
export function optionsFrom(set: JsonObject | undefined): readonly ChoiceOption[] {
  return objectsOf(set?.['Options']).flatMap((option): readonly ChoiceOption[] => {
    const value = numberOf(option, 'Value')
    if (value === undefined) return []
    const description = labelOf(option, 'Description')
    const color = textOf(option, 'Color')
    const state = numberOf(option, 'State')
    const defaultStatus = numberOf(option, 'DefaultStatus')
    const invariantName = textOf(option, 'InvariantName')
    const transitions = transitionsFrom(textOf(option, 'TransitionData'))
    return [
      {
        value,
        label: labelOf(option, 'Label') ?? String(value),
        ...(description === undefined ? {} : { description }),
        ...(color === undefined ? {} : { color }),
        ...(state === undefined ? {} : { state }),
        ...(defaultStatus === undefined ? {} : { defaultStatus }),
        ...(invariantName === undefined ? {} : { invariantName }),
        ...(transitions === undefined ? {} : { transitions }),
      },
    ]
  })
}

/** The label of one of the two options of a yes/no column. */
export function yesNoLabel(set: JsonObject | undefined, name: 'TrueOption' | 'FalseOption'): string | undefined {
  const option = objectOf(set?.[name])
  return option === undefined ? undefined : labelOf(option, 'Label')
}

/** A shared option set as a global choice. */
export function globalChoiceFrom(set: JsonObject): GlobalChoiceDraft | undefined {
  const name = textOf(set, 'Name')
  const metadataId = textOf(set, 'MetadataId')?.toLowerCase()
  if (booleanOf(set, 'IsGlobal') !== true || name === undefined || !Array.isArray(set['Options'])) return undefined
  return {
    name,
    displayName: labelOf(set, 'DisplayName') ?? name,
    isCustom: booleanOf(set, 'IsCustomOptionSet') ?? false,
    options: optionsFrom(set),
    ...(metadataId === undefined ? {} : { metadataId }),
  }
}

function transitionsFrom(xml: string | undefined): readonly number[] | undefined {
  if (xml === undefined || xml === '') return undefined
  return [...xml.matchAll(/tostatusid="(-?\d+)"/g)].map((found) => Number(found[1]))
}
