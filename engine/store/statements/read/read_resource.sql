-- One resource as it is now: $1 to $5 the viewer (permit.fragment), $6 text type, $7 text id, $8 text
-- the Patient the caller is bound to, or ''. A Patient that was replaced answers as the one that has its records now.
-- Columns: version, last_updated, deleted, body, person_key, whether the caller may see it, id,
-- labels; what may be seen comes first.
with bound as (
    select coalesce(n.replaced_by, n.person_key) as person_key
    from resource_place p join person n using (person_key)
    where p.type = 'Patient' and p.id = $8::text
), place as (
    select distinct coalesce(q.person_key, p.person_key) as person_key, p.type,
           coalesce(q.number, p.number) as number
    from resource_place p
    left join person n on n.person_key = p.person_key
    left join person s on s.person_key = n.replaced_by and p.type = 'Patient'
    left join resource_place q on q.type = 'Patient' and q.id = s.patient_id
    where p.type = $6::text and p.id = $7::text
)
select m.version, m.last_updated, m.deleted, m.body, m.person_key,
       ($8::text = '' or coalesce(coalesce(n.replaced_by, n.person_key)
                                  = (select person_key from bound), false))
       and {permit},
       m.id, m.labels
from place join resource m using (person_key, type, number) join person n using (person_key)
union all
select m.version, m.last_updated, m.deleted, m.body, m.person_key,
       $8::text = '' and {permit_shared},
       m.id, m.labels
from place join shared_resource m using (person_key, type, number)
order by 6 desc, 8 desc
