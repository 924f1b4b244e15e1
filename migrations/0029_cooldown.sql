-- A project may wait some days before it is offered a new version. A version that fixes an advisory does not wait.
alter table projects
  add column cooldown_days int not null default 0 check (cooldown_days between 0 and 90);
