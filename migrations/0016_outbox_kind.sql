-- A row of the outbox says of what kind it is; "deed" had four meanings in this project.
alter table outbox rename column deed to kind;
