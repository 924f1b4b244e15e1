-- Placeholder of this branch: the merge keeps 0022_accounts_security.sql instead.
select 1;
