-- Locks messages that wait ($1 bigint[] inbox ids) and their lanes, to let them go on. Columns: inbox
-- id (no row: it waits no more), a lane it stands in (null: none; else a row for each), whether one
-- stands before it there that is not among these.
with message as materialized (
    select inbox_id from held_message where inbox_id = any ($1::bigint[])
    order by inbox_id for update
), lane as materialized (
    select l.lane, l.position, l.inbox_id
    from held_lane l where l.inbox_id in (select inbox_id from message)
    order by l.lane, l.position for update
)
select m.inbox_id, l.lane,
       exists (select 1 from held_lane before
               where before.lane = l.lane and before.position < l.position
                     and before.inbox_id <> all ($1::bigint[]))
from message m left join lane l using (inbox_id)
