-- When the owner of a client took its document away: it may not be connected any more, while its connections go on for a week.
alter table client_documents add column gone_at timestamptz;
