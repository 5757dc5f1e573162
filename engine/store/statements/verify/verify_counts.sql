-- How large the record is. Columns: table, rows.
select 'message_key', count(*) from message_key
union all select 'inbox', count(*) from inbox
union all select 'audit', count(*) from audit
union all select 'person', count(*) from person
union all select 'source_record', count(*) from source_record
union all select 'resource_place', count(*) from resource_place
union all select 'resource', count(*) from resource
union all select 'resource_history', count(*) from resource_history
union all select 'contribution', count(*) from contribution
union all select 'shared_resource', count(*) from shared_resource
union all select 'shared_resource_history', count(*) from shared_resource_history
union all select 'shared_contribution', count(*) from shared_contribution
