import type { Emulator } from '../emulator-interface.ts'
import type { Reference } from '../rows/reference.ts'
import type { Privilege, PrivilegeDepth } from '../schema.ts'
import { FieldError, Fields } from './fields.ts'

const PRIVILEGES = ['create', 'read', 'write', 'delete', 'append', 'appendTo', 'assign', 'share'] as const
const DEPTHS = ['none', 'user', 'businessUnit', 'parentChild', 'organization'] as const

/** What `POST /emulator/security` does. */
export const SECURITY_CHANGES = [
  'addUser',
  'addRole',
  'addTeam',
  'addBusinessUnit',
  'assignRole',
  'removeRole',
  'moveUser',
  'joinTeam',
  'leaveTeam',
  'disableUser',
  'enableUser',
  'grant',
  'revoke',
  'revokeReadAccess',
  'restoreReadAccess',
  'privilegeDepth',
  'secureColumn',
  'unsecureColumn',
  'allowColumn',
] as const

function textOrReference(fields: Fields, name: string): string | Reference {
  return typeof fields.raw(name) === 'string' ? fields.text(name) : fields.reference(name)
}

function privilegesFrom(fields: Fields, name: string): readonly Privilege[] {
  return fields.texts(name).map((text, at) => {
    const found = PRIVILEGES.find((one) => one === text)
    if (found === undefined) throw new FieldError(`${name}[${at}]`, `must be one of ${PRIVILEGES.join(', ')}`)
    return found
  })
}

function depthsFrom(fields: Fields): Readonly<Record<Privilege, PrivilegeDepth>> {
  const depth = (name: Privilege): PrivilegeDepth => (fields.has(name) ? fields.oneOf(name, DEPTHS) : 'none')
  const found = {
    create: depth('create'),
    read: depth('read'),
    write: depth('write'),
    delete: depth('delete'),
    append: depth('append'),
    appendTo: depth('appendTo'),
    assign: depth('assign'),
    share: depth('share'),
  }
  fields.end()
  return found
}

type Change = (hand: Emulator['security'], fields: Fields) => unknown

const CHANGES: Readonly<Record<(typeof SECURITY_CHANGES)[number], Change>> = {
  addUser: (hand, fields) => {
    const { id, name } = hand.addUser(
      {
        name: fields.text('name'),
        ...fields.optional('businessUnit', (field) => fields.text(field)),
        ...fields.optional('roles', (field) => fields.texts(field)),
        ...fields.optional('objectId', (field) => fields.text(field)),
        ...fields.optional('privileges', (field) => depthsFrom(fields.fields(field))),
      },
      ...fields.end(),
    )
    return { id, name }
  },
  addRole: (hand, fields) => ({
    id: hand.addRole(
      {
        name: fields.text('name'),
        ...fields.optional('businessUnit', (field) => fields.text(field)),
        ...fields.optional('privileges', (field) => depthsFrom(fields.fields(field))),
      },
      ...fields.end(),
    ),
  }),
  addTeam: (hand, fields) => ({
    id: hand.addTeam(
      {
        name: fields.text('name'),
        ...fields.optional('businessUnit', (field) => fields.text(field)),
        ...fields.optional('kind', (field) => fields.oneOf(field, ['owner', 'access'])),
      },
      ...fields.end(),
    ),
  }),
  addBusinessUnit: (hand, fields) => ({
    id: hand.addBusinessUnit(
      fields.text('name'),
      ...(fields.has('parent') ? [fields.text('parent')] : []),
      ...fields.end(),
    ),
  }),
  assignRole: (hand, fields) => hand.assignRole(textOrReference(fields, 'to'), fields.text('role'), ...fields.end()),
  removeRole: (hand, fields) => hand.removeRole(textOrReference(fields, 'from'), fields.text('role'), ...fields.end()),
  moveUser: (hand, fields) => hand.moveUser(fields.text('user'), fields.text('businessUnit'), ...fields.end()),
  joinTeam: (hand, fields) => hand.joinTeam(fields.text('user'), fields.text('team'), ...fields.end()),
  leaveTeam: (hand, fields) => hand.leaveTeam(fields.text('user'), fields.text('team'), ...fields.end()),
  disableUser: (hand, fields) => hand.disableUser(fields.text('user'), ...fields.end()),
  enableUser: (hand, fields) => hand.enableUser(fields.text('user'), ...fields.end()),
  grant: (hand, fields) =>
    hand.grant(
      fields.reference('row'),
      textOrReference(fields, 'to'),
      privilegesFrom(fields, 'rights'),
      ...fields.end(),
    ),
  revoke: (hand, fields) => hand.revoke(fields.reference('row'), textOrReference(fields, 'from'), ...fields.end()),
  revokeReadAccess: (hand, fields) =>
    hand.revokeReadAccess(fields.text('user'), textOrReference(fields, 'what'), ...fields.end()),
  restoreReadAccess: (hand, fields) =>
    hand.restoreReadAccess(fields.text('user'), textOrReference(fields, 'what'), ...fields.end()),
  privilegeDepth: (hand, fields) =>
    hand.privilegeDepth(
      fields.text('user'),
      fields.text('table'),
      fields.oneOf('depth', DEPTHS),
      ...(fields.has('privileges') ? [privilegesFrom(fields, 'privileges')] : []),
      ...fields.end(),
    ),
  secureColumn: (hand, fields) => hand.secureColumn(fields.text('table'), fields.text('column'), ...fields.end()),
  unsecureColumn: (hand, fields) => hand.unsecureColumn(fields.text('table'), fields.text('column'), ...fields.end()),
  allowColumn: (hand, fields) =>
    hand.allowColumn(
      fields.text('to'),
      fields.text('table'),
      fields.text('column'),
      {
        ...fields.optional('read', (field) => fields.boolean(field)),
        ...fields.optional('create', (field) => fields.boolean(field)),
        ...fields.optional('update', (field) => fields.boolean(field)),
      },
      ...fields.end(),
    ),
}

/** Changes who may do what. */
export function changeSecurity(emulator: Emulator, body: unknown): unknown {
  const fields = new Fields(body)
  return CHANGES[fields.oneOf('do', SECURITY_CHANGES)](emulator.security, fields)
}
