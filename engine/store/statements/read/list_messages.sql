-- The inbox, newest first: $1 text feed or null, $2 text status or null, $3 bigint inbox id that
-- the list stays below or null, $4 integer how many at most. Columns: inbox id, received, feed,
-- control id, type, status, answer.
select inbox_id, received, feed, control_id, message_type, status, answer
from inbox
where ($1::text is null or feed = $1::text)
    and ($2::text is null or status = $2::text)
    and ($3::bigint is null or inbox_id < $3::bigint)
order by received desc, inbox_id desc
limit $4::integer
