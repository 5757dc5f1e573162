-- One version of a resource, under the person it was about: $1 to $5 the viewer (permit.fragment), $6
-- text type, $7 text id, $8 integer version, $9 text the Patient the caller is bound to, or ''.
-- Columns as of read_resource.
{said}, bound as (
    select coalesce(n.replaced_by, n.person_key) as person_key
    from resource_place p join person n using (person_key)
    where p.type = 'Patient' and p.id = $9::text
)
select m.version, m.last_updated, m.deleted, m.body, m.person_key,
       ($9::text = '' or coalesce(coalesce(n.replaced_by, n.person_key)
                                  = (select person_key from bound), false))
       and case when m.person_key = 0 then {permit_shared} else {permit} end,
       m.id, m.labels
from said m left join person n on n.person_key = m.person_key
where m.version = $8::integer
order by 6 desc, 8 desc
