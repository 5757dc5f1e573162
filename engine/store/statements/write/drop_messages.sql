-- Messages that wait no more, and never had an effect: $1 bigint[] inbox ids, $2 timestamptz[]
-- received, $3 text[] who lets them go, $4 text[] why, $5 timestamptz now by the real clock. The
-- revision that they came under stays.
with gone as (
    delete from held_message where inbox_id = any ($1::bigint[])
), lane as (
    delete from held_lane where inbox_id = any ($1::bigint[])
), cause as (
    delete from held_cause where inbox_id = any ($1::bigint[])
), note as (
    insert into held_drop (inbox_id, dropped, who, why)
    select unnest($1::bigint[]), $5::timestamptz, unnest($3::text[]), unnest($4::text[])
)
update inbox i set status = 'dropped'
from (select unnest($1::bigint[]) as inbox_id, unnest($2::timestamptz[]) as received) as n
where i.inbox_id = n.inbox_id and i.received = n.received
