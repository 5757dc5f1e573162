-- What one message ($1 bigint inbox id) waits for: columns as in list_held, of this message alone.
select c.cause, c.kind, m.site, m.feed, c.rule, c.place, c.code_table, c.code, c.code_system,
       1::bigint, m.received, m.inbox_id::text
from held_cause c join held_message m using (inbox_id)
where c.inbox_id = $1::bigint
union all
select 'behind', 'behind', m.site, m.feed, '', '', '', '', '', 1::bigint, m.received,
       m.inbox_id::text
from held_message m
where m.inbox_id = $1::bigint
      and not exists (select 1 from held_cause c where c.inbox_id = m.inbox_id)
order by 1
