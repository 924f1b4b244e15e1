import { openAccount } from '#domain/accounts'
import { normalEmail, setOperator } from '#domain/identity'
import { createOrg } from '#domain/orgs'
import { inMarket, publicUrl, Refused } from '../market.ts'
import { type Command, nothing, readLine } from './command.ts'

const SLUG = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

export const PEOPLE: readonly Command[] = [
  {
    usage: 'create-person EMAIL --name NAME [--operator]',
    does: 'opens an account, and prints the link by which the person chooses a password',
    options: { name: 'needed' },
    flags: ['operator'],
    run: async ([email = ''], { name = '' }, flags) => {
      const origin = await publicUrl()
      const isOperator = flags.has('operator')
      const account = await inMarket((db) => openAccount(db, { email, name, isOperator, at: new Date() }))
      if (!account) return nothing(`${email} has an account already.`)
      console.log(`${account.id} is open. Hand this link to the person over a safe way:`)
      console.log(`${origin}/link/${account.token}`)
      console.log(`It works once, until ${account.expiresAt.toISOString()}. Later: ${origin}/reset-password`)
      return true
    },
  },
  ...operatorCommands(),
  {
    usage: 'create-org SLUG --name NAME --owner EMAIL',
    does: 'makes an org with its first owner, who has an account',
    options: { name: 'needed', owner: 'needed' },
    run: async ([slug = ''], { name, owner = '' }) => {
      if (!SLUG.test(slug)) throw new Refused('A slug has 1 to 63 of a-z, 0-9 and -, and no - at an end.')
      const org = { slug, name: readLine('A name', name, { min: 1, max: 100 }), owner: normalEmail(owner) }
      const made = await inMarket((db) => createOrg(db, { ...org, at: new Date() }))
      if (made === 'no_owner') return nothing(`${owner} has no account: npm run admin -- create-person.`)
      if (made === 'slug_taken') return nothing(`There is an org ${slug} already.`)
      console.log(`${made.id} is made. ${owner} owns it.`)
      return true
    },
  },
]

function operatorCommands(): Command[] {
  const kinds = [
    { name: 'make-operator', isOperator: true, does: 'lets a person see /operator, and block and withdraw' },
    { name: 'end-operator', isOperator: false, does: 'ends that' },
  ]
  return kinds.map(({ name, isOperator, does }) => ({
    usage: `${name} EMAIL`,
    does,
    run: async ([email = '']) => {
      const outcome = await inMarket((db) => setOperator(db, { email, isOperator, at: new Date() }))
      if (!outcome) return nothing(`${email} has no account.`)
      if (outcome === 'unchanged') return nothing(`${email} is ${isOperator ? 'an' : 'no'} operator already.`)
      console.log(`${email} is ${isOperator ? 'an' : 'no longer an'} operator.`)
      return true
    },
  }))
}
