-- A link for a new address ends with the sign-in that asked for it; networks from which a customer has signed in.
alter table mail_links add column asked_in sha256_hash references sessions on delete cascade;
create index mail_links_by_session on mail_links (asked_in) where asked_in is not null;

-- Where a sign-in was completed. Guesses from other networks cannot use up the attempts of these.
create table known_networks (
  customer_id customer_id not null references customers,
  -- of the customer and the network together
  network_hash sha256_hash not null,
  last_at timestamptz not null,
  primary key (customer_id, network_hash)
);

-- unused since sign-ins are counted in `attempts`: the release before does not name it
drop table sign_in_attempts;
