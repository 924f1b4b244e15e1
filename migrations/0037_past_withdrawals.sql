-- The reasons of past withdrawals come from the audit log. Apart from 0034, because that locks all versions, and this reads the whole log.

update versions v
   set withdrawn_because = e.reason
  from (select a.body::jsonb ->> 'object' as version, a.body::jsonb -> 'detail' ->> 'reason' as reason
          from audit_events a
         where a.body like '%"withdraw_version"%' and a.body::jsonb ->> 'action' = 'withdraw_version'
           and a.body::jsonb ->> 'outcome' = 'done') e
 where e.version = v.id and v.status = 'withdrawn' and length(e.reason) between 1 and 100;
