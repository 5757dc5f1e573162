-- Ends the session that holds the transaction $1 bigint where it waits for a client that is gone:
-- the rest of its statements will never come, or nobody takes its answers. One that is at work, in
-- a COMMIT above all, is left alone.
select pg_terminate_backend(pid) from pg_stat_activity
where backend_xid = ($1::bigint & 4294967295)::text::xid and usename = current_user
      and wait_event_type = 'Client'
