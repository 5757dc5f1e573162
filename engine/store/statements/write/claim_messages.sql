-- Claims the dedupe keys of messages: $1 text[] feeds, $2 to $4 bytea[] MSH-3, MSH-4, MSH-10, $5
-- bytea[] content hashes, $6 timestamptz[] received, $7 bigint[] inbox ids, $8 boolean[] accepted;
-- no key twice. A key that another transaction is claiming is waited for. Columns: feed, MSH-3,
-- MSH-4, MSH-10, content_hash, accepted, received, inbox_id (the given one where the key is new),
-- the answer that was given first (null where the key is new).
with claimed as (
    insert into message_key as k
        (feed, sending_application, sending_facility, control_id, content_hash, accepted, received,
         inbox_id)
    select n.feed, n.application, n.facility, n.control_id, n.hash, n.accepted, n.received,
           n.inbox_id
    from (select unnest($1::text[]) as feed, unnest($2::bytea[]) as application,
                 unnest($3::bytea[]) as facility, unnest($4::bytea[]) as control_id,
                 unnest($5::bytea[]) as hash, unnest($6::timestamptz[]) as received,
                 unnest($7::bigint[]) as inbox_id, unnest($8::boolean[]) as accepted) as n
    order by 1, 2, 3, 4
    on conflict (feed, sending_application, sending_facility, control_id)
    do update set feed = excluded.feed -- changes nothing, but waits, locks and shows the row
    returning k.*
)
select c.feed, c.sending_application, c.sending_facility, c.control_id, c.content_hash, c.accepted,
       c.received, c.inbox_id,
       case when c.inbox_id <> all ($7::bigint[]) then
           (select i.answer from inbox i where i.inbox_id = c.inbox_id and i.received = c.received)
       end
from claimed c
