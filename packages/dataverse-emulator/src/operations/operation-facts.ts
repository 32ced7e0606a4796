/** One parameter of a function or action, as `$metadata` describes it. */
export interface OperationParameter {
  /** An Edm or `mscrm.` type: `Edm.String`, `mscrm.crmbaseentity`, `Collection(mscrm.crmbaseentity)`. */
  readonly type: string
  readonly optional?: boolean
}

/** What an operation is called on: one row or the whole set, of one table or (without `table`) of any. */
export interface OperationBinding {
  readonly to: 'row' | 'collection'
  readonly table?: string
}

/** What is known of a function (GET) or action (POST) besides what it does. */
export interface OperationFacts {
  /** Without its namespace: `WhoAmI`, `CloseIncident`. */
  readonly name: string
  readonly kind: 'function' | 'action'
  readonly binding?: OperationBinding
  readonly parameters: Readonly<Record<string, OperationParameter>>
  /** Its return type as `$metadata` describes it; absent for nothing. */
  readonly returns?: string
  /** Properties, with their types, of the complex type that `returns` names. */
  readonly response?: Readonly<Record<string, string>>
  /** Whether it was registered rather than built in. */
  readonly isCustom?: boolean
}
