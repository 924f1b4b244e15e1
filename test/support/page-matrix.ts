import { AUDIENCE, type Who } from './an-audience.ts'

/**
 * Every page and form below `/account`, `/o`, `/share` and `/invites`, with the status that each column gets. `in`: is sent
 * to sign in. `names`: what a parameter of the path names, if it is not the object of that name; `sends`: the query, or
 * the fields of the form besides `org`, with objects in braces. The rows run in this order and from right to left, so what
 * ends an object stands after its other rows. Check it against the role table of product.md. A form whose fields are
 * wrong answers 409 or 422 after the role was checked.
 */
const TABLE = `
  route                                                             | names            | sends                                                                 | owner admin developer billing viewer guest_developer guest_viewer stranger nobody
  GET /account                                                      |                  |                                                                       |  200  200  200  200  200  200  200  200   in
  GET /account/projects                                             |                  |                                                                       |  200  200  200  200  200  200  200  200   in
  GET /account/projects/new                                         |                  |                                                                       |  200  200  200  200  200  200  200  200   in
  GET /account/projects/:project                                    |                  |                                                                       |  200  200  200  200  200  200  200  404   in
  GET /account/projects/:project/installs                           |                  |                                                                       |  200  200  200  200  200  200  200  404   in
  GET /account/projects/:project/licences                           |                  |                                                                       |  200  200  200  200  200  200  200  404   in
  GET /account/projects/:project/settings                           |                  |                                                                       |  200  200  200  403  403  403  403  404   in
  GET /account/projects/:project/shares/:share/end                  |                  |                                                                       |  200  200  403  403  403  403  403  404   in
  GET /account/projects/:project/archive                            |                  |                                                                       |  200  200  200  403  403  403  403  404   in
  GET /account/projects/:project/new-keys/:operation                |                  |                                                                       |  410  410  410  403  403  410  403  404   in
  GET /account/projects/:project/keys/:token/rotate                 |                  |                                                                       |  200  200  200  403  403  200  403  404   in
  GET /account/projects/:project/keys/:token/revoke                 |                  |                                                                       |  200  200  200  403  403  200  403  404   in
  GET /account/licences                                             |                  |                                                                       |  200  200  200  200  200  303  303  200   in
  GET /account/licences/export.csv                                  |                  |                                                                       |  200  200  200  200  200  303  303  200   in
  GET /account/licences/:licence                                    |                  |                                                                       |  200  200  200  200  200  200  200  404   in
  GET /account/licences/:licence/move                               |                  | from={project}                                                        |  200  200  200  403  403  404  404  404   in
  GET /account/licences/:licence/deactivate                         |                  | project={project}                                                     |  200  200  200  403  403  404  404  404   in
  GET /account/licences/:licence/renew                              |                  | project={project}                                                     |  200  200  403  200  403  404  404  404   in
  GET /account/cart                                                 |                  |                                                                       |  200  200  200  200  403  303  303  200   in
  GET /account/cart/add                                             |                  | package=northwind/module-search&edition=open-source                   |  200  200  200  200  403  200  200  200   in
  GET /account/orders                                               |                  |                                                                       |  200  200  200  200  200  200  200  200   in
  GET /account/orders.csv                                           |                  |                                                                       |  200  200  200  200  403  404  404  200   in
  GET /account/orders/:id                                           | id=order         |                                                                       |  200  200  200  200  403  404  404  404   in
  GET /account/invoices/:file                                       | file=invoiceFile |                                                                       |  200  200  200  200  403  404  404  404   in
  GET /account/billing                                              |                  |                                                                       |  200  200  200  200  200  200  200  200   in
  GET /account/payment-methods                                      |                  |                                                                       |  200  200  200  200  200  200  200  200   in
  GET /account/resolve                                              |                  | project={project}                                                     |  200  200  200  200  200  200  200  200   in
  GET /account/team                                                 |                  |                                                                       |  200  200  200  200  200  200  200  200   in
  GET /account/team/members/:member                                 |                  |                                                                       |  200  200  403  403  403  200  200  404   in
  GET /account/team/members/:member/remove                          |                  |                                                                       |  200  200  403  403  403  200  200  404   in
  GET /account/team/settings                                        |                  |                                                                       |  200  200  200  200  200  200  200  200   in
  GET /account/team/settings/transfer                               |                  |                                                                       |  200  403  403  403  403  200  200  200   in
  GET /account/team/settings/delete                                 |                  |                                                                       |  200  403  403  403  403  200  200  200   in
  GET /account/orgs/new                                             |                  |                                                                       |  200  200  200  200  200  200  200  200   in
  GET /account/vendor                                               |                  |                                                                       |  200  200  200  200  200  200  200  200   in
  GET /account/vendor/apply                                         |                  |                                                                       |  200  200  200  200  200  200  200  200   in
  GET /account/vendor/publish                                       |                  |                                                                       |  200  200  200  200  200  200  200  200   in
  GET /account/vendor/applications/:id                              | id=application   |                                                                       |  200  200  200  200  404  404  404  404   in
  GET /account/vendor/applications/:id/withdraw                     | id=application   |                                                                       |  200  200  404  404  404  404  404  404   in
  GET /account/vendor/packages                                      |                  |                                                                       |  200  200  200  200  200  200  200  200   in
  GET /account/vendor/packages/:package                             |                  |                                                                       |  200  200  200  404  404  404  404  404   in
  GET /account/vendor/packages/:package/versions/:version           |                  |                                                                       |  200  200  200  404  404  404  404  404   in
  GET /account/vendor/packages/:package/versions/:version/withdraw  |                  |                                                                       |  200  200  200  404  404  404  404  404   in
  GET /account/git                                                  |                  |                                                                       |  200  200  200  200  200  200  200  200   in
  GET /account/git/hooks/:package                                   |                  |                                                                       |  200  200  404  404  404  404  404  404   in
  GET /account/git/:id/repositories                                 | id=integration   |                                                                       |  200  200  200  404  404  404  404  404   in
  GET /account/git/:id/disconnect                                   | id=integration   |                                                                       |  200  200  404  404  404  404  404  404   in
  GET /account/audit                                                |                  | org=acme-retail&person={member}&connection={connection} |  200  200  403  200  403  404  404  404   in
  GET /account/operations                                           |                  |                                                                       |  200  200  200  200  200  200  200  200   in
  GET /account/operations/:id                                       | id=waiting       |                                                                       |  303  404  404  404  404  404  404  404   in
  GET /account/integrations                                         |                  |                                                                       |  200  200  200  200  200  200  200  200   in
  GET /account/integrations/revoke-all                              |                  |                                                                       |  200  200  200  200  200  200  200  200   in
  GET /account/integrations/:id                                     | id=connection    |                                                                       |  200  404  404  404  404  404  404  404   in
  GET /account/integrations/:id/revoke                              | id=connection    |                                                                       |  200  404  404  404  404  404  404  404   in
  GET /account/security                                             |                  |                                                                       |  200  200  200  200  200  200  200  200   in
  GET /account/second-factor                                        |                  |                                                                       |  200  200  200  200  200  200  200  200   in
  GET /account/second-factor/qr.svg                                 |                  |                                                                       |  404  404  404  404  404  404  404  404   in
  GET /account/email                                                |                  |                                                                       |  200  200  200  200  200  200  200  200   in
  GET /account/password                                             |                  |                                                                       |  200  200  200  200  200  200  200  200   in
  GET /o/:link                                                      |                  |                                                                       |  200  403  403  403  403  403  403  403   in
  GET /o/:link/return                                               |                  |                                                                       |  303  403  403  403  403  403  403  403   in
  GET /share/:token                                                 | token=shareToken |                                                                       |  403  403  403  403  403  403  403  200  200
  GET /invites/:ref                                                 | ref=ownInvite    |                                                                       |  404  404  404  404  404  404  404  200   in
  POST /account/active-org                                          |                  |                                                                       |  303  303  303  303  303  404  404  404   in
  POST /account/projects/new                                        |                  | name=Shop+of+a+test&edition=open-source&force_another=yes             |  303  303  303  403  403  404  404  404   in
  POST /account/projects/:project/cooldown                          |                  | days=3                                                                |  303  303  303  403  403  403  403  404   in
  POST /account/projects/:project/settings                          |                  | name=Shop+of+acme-retail&edition=open-source                          |  303  303  303  403  403  403  403  404   in
  POST /account/projects/:project/shares                            |                  | email=nobody                                                          |  422  422  403  403  403  403  403  404   in
  POST /account/projects/:project/keys                              |                  | label=Mine                                                            |  303  303  303  403  403  303  403  404   in
  POST /account/projects/:project/keys/:token/rotate                | token=rotated    | overlap=24                                                            |  303  303  303  403  403  303  403  404   in
  POST /account/projects/:project/keys/:token/revoke                | token=rotated    |                                                                       |  303  303  303  403  403  303  403  404   in
  POST /account/projects/:project/archive                           |                  | confirm=no                                                            |  422  422  422  403  403  403  403  404   in
  POST /account/projects/:project/unarchive                         |                  |                                                                       |  303  303  303  403  403  403  403  404   in
  POST /account/licences/:licence/activate                          | licence=free     | project={empty}                                                       |  303  303  303  403  403  404  404  404   in
  POST /account/licences/:licence/move                              | licence=free     | from={empty}&to={empty}                                               |  409  409  409  403  403  404  404  404   in
  POST /account/licences/:licence/deactivate                        | licence=free     | project={empty}                                                       |  303  303  303  403  403  404  404  404   in
  POST /account/licences/:licence/renew                             |                  | project={project}&quote=none                                          |  303  303  403  303  403  404  404  404   in
  POST /account/cart/add                                            |                  | package=northwind/module-search&edition=open-source                   |  303  303  303  303  403  404  404  404   in
  POST /account/cart/remove                                         |                  | package=northwind/module-search                                       |  303  303  303  303  403  404  404  404   in
  POST /account/cart/checkout                                       |                  | target=none&quote=none                                                |  303  303  403  303  403  404  404  404   in
  POST /account/resolve                                             |                  | composer_json={}                                                      |  200  200  200  200  200  200  200  200   in
  POST /account/resolve/cart                                        |                  | package=northwind/module-search&edition=open-source                   |  303  303  303  303  403  404  404  404   in
  POST /account/billing                                             |                  | legalName=Acme&address=1+Road&country=GB                              |  303  303  403  303  403  404  404  404   in
  POST /account/payment-methods                                     |                  |                                                                       |  503  503  403  503  403  404  404  404   in
  POST /account/payment-methods/:id/default                         | id=card          |                                                                       |  303  303  403  303  403  404  404  404   in
  POST /account/payment-methods/:id/remove                          | id=card          |                                                                       |  404  404  403  303  403  404  404  404   in
  POST /account/team/invites                                        |                  | email=nobody@example.test&role=viewer                                 |  422  303  403  403  403  404  404  404   in
  POST /account/team/invites/:invite/revoke                         |                  |                                                                       |  303  303  403  403  403  404  404  404   in
  POST /account/team/members/:member/role                           |                  | role=viewer                                                           |  303  303  403  403  403  404  404  404   in
  POST /account/team/members/:member/tokens/:token/revoke           | token=madeByMember |                                                                       |  303  303  303  403  403  404  404  404   in
  POST /account/team/members/:member/remove                         |                  |                                                                       |  404  303  403  403  403  404  404  404   in
  POST /account/team/settings/rename                                |                  | name=Acme+Retail                                                      |  303  403  403  403  403  404  404  404   in
  POST /account/team/settings/transfer                              |                  | email=nobody&confirm=no                                               |  422  403  403  403  403  404  404  404   in
  POST /account/team/settings/delete                                |                  | confirm=no                                                            |  422  403  403  403  403  404  404  404   in
  POST /account/orgs/new                                            |                  | name=A                                                                |  422  422  422  422  422  422  422  422   in
  POST /account/vendor/apply                                        |                  | slug=magento&name=Nobody&website=https://nobody.example&terms={terms} |  422  422  403  403  403  404  404  404   in
  POST /account/vendor/publish                                      |                  | repositories=nowhere                                                  |  422  422  422  403  403  404  404  404   in
  POST /account/vendor/applications/:id                             | id=application   | slug=magento&name=Nobody&website=https://nobody.example               |  422  422  403  403  403  404  404  404   in
  POST /account/vendor/applications/:id/withdraw                    | id=application   |                                                                       |  409  303  403  403  403  404  404  404   in
  POST /account/vendor/packages/:package/texts                      |                  | title=Own&summary=A&revision=0                                        |  409  303  403  404  404  404  404  404   in
  POST /account/vendor/packages/:package/prices                     |                  | revision=0                                                            |  409  409  403  404  404  404  404  404   in
  POST /account/vendor/packages/:package/visibility                 |                  | visibility=nobody                                                     |  422  422  403  404  404  404  404  404   in
  POST /account/vendor/packages/:package/sync                       |                  |                                                                       |  303  303  303  404  404  404  404  404   in
  POST /account/vendor/packages/:package/versions/:version/withdraw |                  | reason=                                                               |  422  422  422  404  404  404  404  404   in
  POST /account/git                                                 |                  | host=nowhere.example                                                  |  422  422  403  403  403  404  404  404   in
  POST /account/git/:id/disconnect                                  | id=integration   |                                                                       |  404  303  403  403  403  404  404  404   in
  POST /account/audit/export                                        |                  | format=csv                                                            |  200  200  403  200  403  404  404  404   in
  POST /account/integrations/stop                                   |                  | stop=off                                                              |  303  303  403  303  403  404  404  404   in
  POST /account/integrations/:id/rename                             | id=connection    | label=Mine                                                            |  303  404  404  404  404  404  404  404   in
  POST /account/integrations/:id/org                                | id=connection    |                                                                       |  303  404  404  404  404  404  404  404   in
  POST /account/integrations/:id/scopes                             | id=connection    | scope=buy                                                             |  303  404  404  404  404  404  404  404   in
  POST /account/integrations/:id/limits                             | id=connection    |                                                                       |  400  404  404  404  404  404  404  404   in
  POST /account/integrations/:id/revoke                             | id=connection    |                                                                       |  303  404  404  404  404  404  404  404   in
  POST /account/integrations/revoke-all                             |                  |                                                                       |  303  303  303  303  303  303  303  303   in
  POST /account/sessions/:id/end                                    | id=session       |                                                                       |  303  404  404  404  404  404  404  404   in
  POST /account/second-factor/start                                 |                  |                                                                       |  303  303  303  303  303  303  303  303   in
  POST /account/second-factor/confirm                               |                  | code=000000                                                           |  401  401  401  401  401  401  401  401   in
  POST /account/second-factor/recovery-codes                        |                  | code=000000                                                           |  409  409  409  409  409  409  409  409   in
  POST /account/second-factor/remove                                |                  | code=000000                                                           |  409  409  409  409  409  409  409  409   in
  POST /account/email                                               |                  | email=nobody                                                          |  422  422  422  422  422  422  422  422   in
  POST /account/password                                            |                  | password=no&new=no                                                    |  422  422  422  422  422  422  422  422   in
  POST /o/:link                                                     |                  |                                                                       |  503  403  403  403  403  403  403  403   in
  POST /o/:link/keys                                                |                  |                                                                       |  303  403  403  403  403  403  403  403   in
  POST /account/operations/:id/stop                                 | id=waiting       |                                                                       |  303  303  404  404  404  404  404  404   in
  POST /account/projects/:project/shares/:share/end                 |                  |                                                                       |  303  303  403  403  403  403  403  404   in
  POST /share/:token                                                | token=shareToken |                                                                       |  404  404  404  404  404  404  404  303   in
  POST /invites/:ref/sign-up                                        | ref=ownInvite    |                                                                       |  404  404  404  404  404  404  404  404  404
  POST /invites/:ref/accept                                         | ref=ownInvite    |                                                                       |  404  404  404  404  404  404  404  303   in
  POST /account/sessions/end-all                                    |                  |                                                                       |   in   in   in   in   in   in   in   in   in
`

export interface PageRow {
  /** Such as `GET /account/orders/:id`. */
  route: string
  method: 'GET' | 'POST'
  path: string
  names: Readonly<Record<string, string>>
  sends: Readonly<Record<string, string>>
  /** A status, or `in`. */
  gets: Readonly<Record<Who, string>>
}

export const PAGES: readonly PageRow[] = TABLE.trim()
  .split('\n')
  .slice(1)
  .map((line) => {
    const [route = '', names = '', sends = '', cells = ''] = line.split('|').map((cell) => cell.trim())
    const [method, path = ''] = route.split(' ')
    const each = cells.split(/\s+/)
    return {
      route,
      method: method === 'POST' ? 'POST' : 'GET',
      path,
      names: Object.fromEntries(new URLSearchParams(names)),
      sends: Object.fromEntries(new URLSearchParams(sends)),
      gets: Object.fromEntries(AUDIENCE.map((who, i) => [who, each[i] ?? ''])) as PageRow['gets'],
    }
  })

/** The path and the fields of a row with these objects in the places of the parameters. */
export function filled({ path, names, sends }: PageRow, named: Readonly<Record<string, string>>) {
  const object = (name: string) => {
    const found = named[name]
    if (found === undefined) throw new Error(`no object is called ${name}`)
    return found
  }
  return {
    path: path.replaceAll(/:(\w+)/g, (_, name: string) => object(names[name] ?? name)),
    fields: Object.fromEntries(
      Object.entries(sends).map(([key, value]) => [
        key,
        value.replaceAll(/\{(\w+)\}/g, (_, name: string) => object(name)),
      ]),
    ),
  }
}

/** The rows to which the links and forms of a page lead, or of a part of it. */
export function offeredOn(html: string): PageRow[] {
  const rows = (method: string, found: Iterable<RegExpMatchArray>) =>
    [...found].flatMap(([, path = '']) => PAGES.filter((row) => row.method === method && fits(row, path)))
  const forms = html.match(/<form\b[^>]*>/g)?.filter((form) => form.includes('method="post"')) ?? []
  return [
    ...rows('GET', html.matchAll(/href="([^"?#]+)/g)),
    ...rows('POST', forms.join('').matchAll(/action="([^"?#]+)/g)),
  ]
}

/** Parts of paths that no parameter stands for. */
const FIXED = '(?!(?:new|apply|packages|settings|revoke-all|export\\.csv)(?:$|/))'

const fits = ({ path }: PageRow, wanted: string) =>
  new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/:\w+/g, `${FIXED}[^/]+`)}$`).test(wanted)
