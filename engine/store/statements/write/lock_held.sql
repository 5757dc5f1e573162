-- Locks messages that wait ($1 bigint[] inbox ids) and their lanes, to let them go on. Columns:
-- inbox_id (no row: it waits no more), how many lanes it stands in, whether it stands behind another
-- one in any of them.
with message as materialized (
    select inbox_id from held_message where inbox_id = any ($1::bigint[])
    order by inbox_id for update
), lane as materialized (
    select l.lane, l.position, l.inbox_id
    from held_lane l where l.inbox_id in (select inbox_id from message)
    order by l.lane, l.position for update
)
select m.inbox_id, (select count(*) from lane l where l.inbox_id = m.inbox_id),
       exists (select 1 from lane l join held_lane before using (lane)
               where l.inbox_id = m.inbox_id and before.position < l.position)
from message m
