-- How the transaction $1 bigint (load_resources) stands: 'in progress', 'committed' or 'aborted';
-- null where this server does not know it any more, or not yet: it came back without the end of its
-- log, or is the standby that took over. Only a number that is given out after all others tells
-- what is not yet known.
select case when $1::bigint < pg_current_xact_id()::text::bigint then
           pg_xact_status($1::bigint::text::xid8)
       end
