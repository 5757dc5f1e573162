-- All source records that a site ($1 text[]) has of the person of a Patient ($2 text[], ids).
-- Columns as in load_sources; in ascending order.
select distinct s.source_record_key, s.site, s.system, s.value, s.person_key
from (select unnest($1::text[]) as site, unnest($2::text[]) as id) as patient
join resource_place l on l.type = 'Patient' and l.id = patient.id
join person p on p.person_key = l.person_key
join source_record s on s.person_key = coalesce(p.replaced_by, p.person_key)
                    and s.site = patient.site
order by 1
