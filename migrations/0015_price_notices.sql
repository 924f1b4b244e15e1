-- The catalogue page is remembered like the registry's answers, and it shows prices.
create trigger registry_hears after insert or update or delete or truncate
  on package_prices for each statement execute function tell_registry();
