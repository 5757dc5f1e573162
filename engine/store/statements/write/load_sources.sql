-- Source records: by site, system and value ($1, $2, $3 text[]), and all that a site ($4 text[]) has
-- of the person of a Patient ($5 text[], ids). Columns: source_record_key, site, system, value,
-- person_key; in ascending order.
select s.source_record_key, s.site, s.system, s.value, s.person_key
from unnest($1::text[], $2::text[], $3::text[]) as record (site, system, value)
join source_record s using (site, system, value)
union
select s.source_record_key, s.site, s.system, s.value, s.person_key
from unnest($4::text[], $5::text[]) as patient (site, id)
join resource_place l on l.type = 'Patient' and l.id = patient.id
join person p on p.person_key = l.person_key
join source_record s on s.person_key = coalesce(p.replaced_by, p.person_key)
                    and s.site = patient.site
order by 1
