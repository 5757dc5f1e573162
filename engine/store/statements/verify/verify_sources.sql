-- Whoever wrote a version or a contribution is a known source record, and every contribution is one
-- to a resource of several. $1 integer how many to name. Columns as of verify_messages.
with said as (
    select '{shared_}resource' as name, type, id, source_record_key from {shared_}resource
    union all
    select '{shared_}resource_history', type, id, source_record_key
    from {shared_}resource_history
    union all
    select '{shared_}contribution', c.type, coalesce(r.id, c.number::text), c.source_record_key
    from {shared_}contribution c
    left join {shared_}resource r using (person_key, type, number)
), bad as (
    select name, type, id, 'comes from no source record' as fault
    from said
    left join source_record s using (source_record_key)
    where s.source_record_key is null
    union all
    select '{shared_}contribution', c.type, coalesce(r.id, c.number::text),
        case when r.id is null then 'has no resource'
             else 'is to a resource of one source' end
    from {shared_}contribution c
    left join {shared_}resource r using (person_key, type, number)
    where r.id is null or not r.merged
)
select name, type || '/' || id, fault, count(*) over ()
from bad order by name, type, id limit $1::integer
