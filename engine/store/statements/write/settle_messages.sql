-- What became of claimed messages: $1 text[] feeds, $2 to $4 bytea[] MSH-3, MSH-4, MSH-10, $5
-- bytea[] content hashes, $6 boolean[] accepted, $7 timestamptz[] received, $8 bigint[] inbox ids,
-- $9 bytea[] answers.
update message_key k
set content_hash = n.hash, accepted = n.accepted, received = n.received, inbox_id = n.inbox_id,
    answer = n.answer
from unnest($1::text[], $2::bytea[], $3::bytea[], $4::bytea[], $5::bytea[], $6::boolean[],
            $7::timestamptz[], $8::bigint[], $9::bytea[])
     as n (feed, application, facility, control_id, hash, accepted, received, inbox_id, answer)
where k.feed = n.feed and k.sending_application = n.application
  and k.sending_facility = n.facility and k.control_id = n.control_id
