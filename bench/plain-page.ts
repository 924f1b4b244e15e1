export interface Row {
  name: string
  title: string
  summary: string
  label: string | null
  amount: number | null
}

/** Each package that is on offer, with its lowest price and one of its versions. */
export const LISTED = `
  select p.name, p.title, p.summary,
         (select v.label from versions v where v.package_id = p.id and v.status = 'available' limit 1) as label,
         (select min(c.amount) from package_prices c where c.package_id = p.id) as amount
    from packages p
    join vendors v on v.id = p.vendor_id
   where v.approved_at is not null and v.suspended_at is null and p.hidden_at is null and p.withdrawn_at is null
   order by p.name
   limit 100`

export const card = ({ name, title, summary, label, amount }: Row): string => `<li>
    <h2><a href="/packages/${name}">${title}</a></h2>
    <p class="soft">${name} · ${label ?? ''}</p>
    <p>${summary}</p>
    <p class="price">€${(amount ?? 0) / 100} once</p>
  </li> `
