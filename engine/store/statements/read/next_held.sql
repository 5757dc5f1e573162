-- The next messages behind a position ($3 bigint), in their order, at most 32 and some 8 MiB: those
-- with one of these causes ($1 text[]) or keys ($2 bigint[]), and those that wait for nothing any
-- more and do not stand behind one that waits for something else; all, where neither is named. Who
-- is among them and cannot go on yet is found by lock_held. Columns: inbox id, position, received,
-- feed, raw.
with blocked as materialized (
    select l.lane, min(l.position) as position
    from held_cause c join held_lane l using (inbox_id)
    where cardinality($1::text[]) + cardinality($2::bigint[]) > 0
          and c.inbox_id <> all ($2::bigint[])
          and not exists (select 1 from held_cause o
                          where o.inbox_id = c.inbox_id and o.cause = any ($1::text[]))
    group by l.lane
), next as (
    select m.inbox_id, m.position, m.received, m.feed
    from held_message m
    where m.position > $3::bigint
          and (cardinality($1::text[]) + cardinality($2::bigint[]) = 0
               or m.inbox_id = any ($2::bigint[])
               or exists (select 1 from held_cause c
                          where c.inbox_id = m.inbox_id and c.cause = any ($1::text[]))
               or (not exists (select 1 from held_cause c where c.inbox_id = m.inbox_id)
                   and not exists (select 1 from held_lane mine join blocked b using (lane)
                                   where mine.inbox_id = m.inbox_id and b.position < m.position)))
    order by m.position
    limit 32
)
select inbox_id, position, received, feed, raw
from (select n.inbox_id, n.position, n.received, n.feed, i.raw,
             sum(octet_length(i.raw)) over (order by n.position) - octet_length(i.raw) as bytes
      from next n join inbox i on i.inbox_id = n.inbox_id and i.received = n.received) as sized
where bytes < 8388608
order by position
