-- Of some resources those that a viewer may see: $1 to $5 the viewer (permit.fragment), $6 text[]
-- types, $7 text[] ids. A Patient that was replaced is seen as the one that has its records now.
-- Columns: type, id, as they were asked for, and whether what is seen is labelled.
with place as (
    select distinct p.type, p.id, coalesce(q.person_key, p.person_key) as person_key,
           coalesce(q.number, p.number) as number
    from (select unnest($6::text[]) as type, unnest($7::text[]) as id) as n
    join resource_place p using (type, id)
    left join person o on o.person_key = p.person_key
    left join person s on s.person_key = o.replaced_by and p.type = 'Patient'
    left join resource_place q on q.type = 'Patient' and q.id = s.patient_id
)
select place.type, place.id, m.labels <> 0
from place join resource m using (person_key, type, number)
where {permit}
union
select place.type, place.id, m.labels <> 0
from place join shared_resource m using (person_key, type, number)
where {permit_shared}
