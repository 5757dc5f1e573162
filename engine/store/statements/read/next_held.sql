-- The first message behind a position ($3 bigint) that is the first of all its lanes and has one of
-- these causes ($1 text[]) or keys ($2 bigint[]), or none any more; any, where none is named.
-- Columns: inbox id, position, received, feed, raw.
select m.inbox_id, m.position, m.received, m.feed, i.raw
from held_message m
join inbox i on i.inbox_id = m.inbox_id and i.received = m.received
where m.position > $3::bigint
      and (cardinality($1::text[]) + cardinality($2::bigint[]) = 0
           or m.inbox_id = any ($2::bigint[])
           or exists (select 1 from held_cause c
                      where c.inbox_id = m.inbox_id and c.cause = any ($1::text[]))
           or not exists (select 1 from held_cause c where c.inbox_id = m.inbox_id))
      and not exists (select 1 from held_lane mine
                      join held_lane before using (lane)
                      where mine.inbox_id = m.inbox_id and before.position < m.position)
order by m.position
limit 1
