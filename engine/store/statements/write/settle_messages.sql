-- What became of claimed messages, where it is not what their claim says: a key that was there is
-- used again, or the item failed. $1 text[] feeds, $2 to $4 bytea[] MSH-3, MSH-4, MSH-10, $5
-- bytea[] content hashes, $6 boolean[] accepted, $7 timestamptz[] received, $8 bigint[] inbox ids.
update message_key k
set content_hash = n.hash, accepted = n.accepted, received = n.received, inbox_id = n.inbox_id
from (select unnest($1::text[]) as feed, unnest($2::bytea[]) as application,
             unnest($3::bytea[]) as facility, unnest($4::bytea[]) as control_id,
             unnest($5::bytea[]) as hash, unnest($6::boolean[]) as accepted,
             unnest($7::timestamptz[]) as received, unnest($8::bigint[]) as inbox_id) as n
where k.feed = n.feed and k.sending_application = n.application
  and k.sending_facility = n.facility and k.control_id = n.control_id
