-- What messages wait for. Columns: cause, kind, site, feeds, rule and place of the first message,
-- code table, code, code system, how many, received of the oldest, keys of the first three. Those
-- that only wait behind others come last.
select c.cause, min(c.kind), min(m.site), string_agg(distinct m.feed, ' '),
       (array_agg(c.rule order by m.position))[1], (array_agg(c.place order by m.position))[1],
       min(c.code_table), min(c.code), min(c.code_system), count(*), min(m.received),
       array_to_string((array_agg(m.inbox_id order by m.position))[1:3], ' '), 0 as rank
from held_cause c join held_message m using (inbox_id)
group by c.cause
union all
select 'behind', 'behind', min(m.site), string_agg(distinct m.feed, ' '), '', '', '', '', '',
       count(*), min(m.received),
       array_to_string((array_agg(m.inbox_id order by m.position))[1:3], ' '), 1
from held_message m
where not exists (select 1 from held_cause c where c.inbox_id = m.inbox_id)
having count(*) > 0
order by rank, count desc, cause
