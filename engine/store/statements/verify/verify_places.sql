-- Every resource stands where its place says, and at every place of these tables is a resource. $1
-- integer how many to name. Columns as of verify_messages.
with bad as (
    select '{shared_}resource' as name, r.type, r.id,
        case when p.type is null then 'has no place' else 'stands in another place' end as fault
    from {shared_}resource r
    left join resource_place p
        on p.type = r.type and p.id = r.id and p.labelled = (r.labels <> 0)
    where p.type is null or p.person_key <> r.person_key or p.number <> r.number
    union all
    select 'resource_place', p.type, p.id, 'has no resource'
    from resource_place p
    left join {shared_}resource r
        on r.person_key = p.person_key and r.type = p.type and r.number = p.number
    where r.number is null and (p.person_key = 0) = ('{shared_}' <> '')
)
select name, type || '/' || id, fault, count(*) over ()
from bad order by name, type, id limit $1::integer
