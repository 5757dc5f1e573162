-- One resource as it is now: $1 text type, $2 text id, $3 text the Patient the caller is bound to,
-- or ''. A Patient that was replaced answers as the one that has its records now. Columns: version,
-- last_updated, deleted, body, person_key, whether the caller may see it, id.
with bound as (
    select coalesce(n.replaced_by, n.person_key) as person_key
    from resource_place p join person n using (person_key)
    where p.type = 'Patient' and p.id = $3::text
)
select r.version, r.last_updated, r.deleted, r.body, r.person_key,
       $3::text = '' or coalesce(coalesce(n.replaced_by, n.person_key)
                                 = (select person_key from bound), false),
       r.id
from resource_place p
join person n on n.person_key = p.person_key
left join person s on s.person_key = n.replaced_by and p.type = 'Patient'
left join resource_place q on q.type = 'Patient' and q.id = s.patient_id
join resource r on r.person_key = coalesce(q.person_key, p.person_key) and r.type = p.type
               and r.number = coalesce(q.number, p.number)
where p.type = $1::text and p.id = $2::text
union all
select r.version, r.last_updated, r.deleted, r.body, r.person_key, $3::text = '', r.id
from resource_place p
join shared_resource r on r.person_key = p.person_key and r.type = p.type and r.number = p.number
where p.type = $1::text and p.id = $2::text
