-- Messages that wait from now on, in their order: $1 bigint[] inbox ids, $2 timestamptz[] received,
-- $3 text[] feeds, $4 text[] sites; and the lanes they stand in: $5 bigint[] inbox ids, $6 bytea[]
-- lanes. Who does so waits for the end of whoever did before: positions would else come to be seen in
-- another order than theirs, and who goes through them would pass one over.
with turn as materialized (
    select pg_advisory_xact_lock(hashtext('hold_messages'))
), message as (
    insert into held_message (inbox_id, received, feed, site)
    select n.inbox_id, n.received, n.feed, n.site
    from turn cross join unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::text[])
        with ordinality as n (inbox_id, received, feed, site, number)
    order by n.number
    returning inbox_id, position
)
insert into held_lane (lane, position, inbox_id)
select n.lane, m.position, m.inbox_id
from (select distinct unnest($5::bigint[]) as inbox_id, unnest($6::bytea[]) as lane) as n
join message m using (inbox_id)
