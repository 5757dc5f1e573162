-- Forgets what messages ($1 bigint[] inbox ids) were thought to wait for.
delete from held_cause where inbox_id = any ($1::bigint[])
