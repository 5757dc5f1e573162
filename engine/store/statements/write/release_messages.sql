-- Messages that wait no more: $1 bigint[] inbox ids, $2 timestamptz[] received, $3 bigint[] persons,
-- $4 bytea[] the revisions by which they went on.
with gone as (
    delete from held_message where inbox_id = any ($1::bigint[])
), lane as (
    delete from held_lane where inbox_id = any ($1::bigint[])
), cause as (
    delete from held_cause where inbox_id = any ($1::bigint[])
)
update inbox i set status = 'accepted', person_key = n.person, revision = n.revision
from (select unnest($1::bigint[]) as inbox_id, unnest($2::timestamptz[]) as received,
             unnest($3::bigint[]) as person, unnest($4::bytea[]) as revision) as n
where i.inbox_id = n.inbox_id and i.received = n.received
