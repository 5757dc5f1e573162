-- Who let go of a message for good ($1 bigint inbox id), and why. Columns: when, who, why.
select dropped, who, why from held_drop where inbox_id = $1::bigint
