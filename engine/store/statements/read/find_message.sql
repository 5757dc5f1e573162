-- One message of the inbox: $1 bigint its own id or null, $2 bytea its control id (the newest of
-- several). Columns: those of list_messages, then raw, revision.
select inbox_id, received, feed, control_id, message_type, status, answer, raw, revision
from inbox
where inbox_id = $1::bigint or control_id = $2::bytea
order by coalesce(inbox_id = $1::bigint, false) desc, received desc, inbox_id desc
limit 1
