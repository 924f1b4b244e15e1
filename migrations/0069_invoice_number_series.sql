-- After a restore the numbers of the lost time are known to buyers: the next ones begin in a new series. An invoice has the
-- hash of its document.
set local lock_timeout = '3s';

-- Series 0 has no row. In every year the numbers of a series begin with series * 10000000 + 1, such as 2026-10000001.
create table invoice_number_series (
  series int primary key check (series between 1 and 213),
  started_at timestamptz not null
);
create trigger invoice_number_series_only_grow before update or delete on invoice_number_series
  for each row execute function refuse_change();
create trigger invoice_number_series_no_truncate before truncate on invoice_number_series
  for each statement execute function refuse_change();

-- of the canonical JSON (RFC 8785) of the document; older invoices have none
alter table invoices add column document_sha256 text;
alter table invoices add constraint invoices_document_sha256_check
  check (document_sha256 ~ '^[0-9a-f]{64}$') not valid;

create or replace function invoice_follows_the_last() returns trigger language plpgsql as $$
begin
  if new.n % 10000000 = 0 then
    raise exception 'the series of invoice %-% is full', new.year, new.n using errcode = 'check_violation';
  end if;
  if new.n > 1 and not exists (select from invoices where year = new.year and n = new.n - 1)
    and not exists (select from invoice_number_series where series::bigint * 10000000 + 1 = new.n) then
    raise exception 'invoice %-% has no predecessor', new.year, new.n using errcode = 'check_violation';
  end if;
  return new;
end $$;
