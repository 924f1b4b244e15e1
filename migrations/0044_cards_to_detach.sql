-- Each minute the worker looks for removed cards that are still attached at the provider. Its query can use this index
-- instead of reading all cards: a card is due when detach_at is null, too, and most removed cards are detached.
create index payment_methods_to_detach on payment_methods (detach_at)
  where removed_at is not null and detach_at is distinct from 'infinity';
drop index payment_methods_by_detach;
