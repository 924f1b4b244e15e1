-- One hash chain per org, per customer and for the platform: what happened can be added to and never edited.
create table audit_chains (
  chain text primary key,
  seq bigint not null,
  hash sha256_hash not null
);
create table audit_events (
  chain text not null references audit_chains,
  seq bigint not null,
  at timestamptz not null,
  body text not null,
  prev_hash sha256_hash not null,
  hash sha256_hash not null,
  primary key (chain, seq),
  check (hash = sha256(prev_hash::bytea || convert_to(body, 'UTF8')))
);
create trigger audit_events_only_grow before update or delete on audit_events for each row execute function refuse_change();
create trigger audit_events_no_truncate before truncate on audit_events for each statement execute function refuse_change();

/* Appends one event and returns its number; call it last in the deed's transaction, it holds the chain's row. */
create function append_audit_event(to_chain text, event jsonb) returns bigint language plpgsql as $$
declare
  head audit_chains;
  moment timestamptz;
  text_body text;
begin
  insert into audit_chains values (to_chain, 0, sha256(convert_to(to_chain, 'UTF8'))) on conflict do nothing;
  select * into strict head from audit_chains where chain = to_chain for update;
  moment := date_trunc('milliseconds', clock_timestamp());
  head.seq := head.seq + 1;
  text_body := (event || jsonb_build_object('chain', to_chain, 'seq', head.seq,
    'at', to_char(moment at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')))::text;
  insert into audit_events values (to_chain, head.seq, moment, text_body, head.hash,
    sha256(head.hash::bytea || convert_to(text_body, 'UTF8')));
  update audit_chains set seq = head.seq, hash = sha256(head.hash::bytea || convert_to(text_body, 'UTF8')) where chain = to_chain;
  return head.seq;
end $$;
