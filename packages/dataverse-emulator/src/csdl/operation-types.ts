import type { OperationFacts } from '../operations/operation-facts.ts'
import { element, facetsOf } from './xml-text.ts'

/** Operations as the document has them: types of their own, declarations, and imports of the unbound ones. */
export interface DeclaredOperations {
  readonly complexTypes: ReadonlyMap<string, string>
  readonly declarations: readonly string[]
  readonly imports: readonly string[]
}

const OPTIONAL = element('Annotation', { Term: 'Org.OData.Core.V1.OptionalParameter' })

/** Declares operations; `known` says which types without an Edm name the document has. */
export function declareOperations(
  operations: readonly OperationFacts[],
  known: (type: string) => boolean,
): DeclaredOperations {
  const complexTypes = new Map<string, string>()
  const declared = (type: string): string => {
    const [, open = '', name = '', close = ''] =
      /^(Collection\()?(?:mscrm\.|Microsoft\.Dynamics\.CRM\.)?([\w.]+)(\))?$/.exec(type) ?? []
    if (name.startsWith('Edm.') || name === '') return type
    // A row of a table that the organisation does not have can still be spoken of as some row.
    if (!known(name) && !complexTypes.has(name)) {
      if (/^[a-z]/.test(name)) return `${open}mscrm.crmbaseentity${close}`
      complexTypes.set(name, element('ComplexType', { Name: name }))
    }
    return `${open}mscrm.${name}${close}`
  }
  const sorted = operations.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  for (const { returns, response } of sorted) {
    const name = returns?.replace(/^mscrm\./, '')
    if (name === undefined || response === undefined || complexTypes.has(name)) continue
    const properties = Object.entries(response).map(([property, type]) => {
      const full = declared(type)
      return element('Property', { Name: property, Type: full, ...facetsOf(full) })
    })
    complexTypes.set(name, element('ComplexType', { Name: name }, properties))
  }
  return {
    complexTypes,
    declarations: sorted.map((operation) => declaration(operation, declared)),
    imports: importsOf(sorted),
  }
}

function declaration(operation: OperationFacts, declared: (type: string) => string): string {
  const { name, kind, binding, parameters, returns } = operation
  const parts: string[] = []
  if (binding !== undefined) {
    const type = declared(`mscrm.${binding.table ?? 'crmbaseentity'}`)
    const isRow = binding.to === 'row'
    parts.push(
      element('Parameter', {
        Name: isRow ? 'entity' : 'entityset',
        Type: isRow ? type : `Collection(${type})`,
        Nullable: 'false',
      }),
    )
  }
  for (const [parameter, { type, optional }] of Object.entries(parameters)) {
    const full = declared(type)
    const attributes = {
      Name: parameter,
      Type: full,
      Nullable: optional === true ? undefined : 'false',
      ...facetsOf(full),
    }
    parts.push(element('Parameter', attributes, optional === true && kind === 'function' ? [OPTIONAL] : []))
  }
  if (returns !== undefined) {
    const full = declared(returns)
    parts.push(element('ReturnType', { Type: full, Nullable: 'false', ...facetsOf(full) }))
  }
  const attributes = { Name: name, IsBound: binding === undefined ? undefined : 'true' }
  return element(kind === 'action' ? 'Action' : 'Function', attributes, parts)
}

function importsOf(operations: readonly OperationFacts[]): readonly string[] {
  const unbound = new Map(operations.filter((one) => one.binding === undefined).map((one) => [one.name, one.kind]))
  return [...unbound].map(([name, kind]) => {
    const full = `Microsoft.Dynamics.CRM.${name}`
    return kind === 'function'
      ? element('FunctionImport', { Name: name, Function: full })
      : element('ActionImport', { Name: name, Action: full })
  })
}
