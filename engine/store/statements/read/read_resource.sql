-- One resource as it is now: $1 text type, $2 text id. Columns: version, last_updated, deleted, body,
-- person_key, the person's Patient.
select r.version, r.last_updated, r.deleted, r.body, r.person_key, n.patient_id
from resource_place p
join resource r on r.person_key = p.person_key and r.type = p.type and r.number = p.number
join person n on n.person_key = p.person_key
where p.type = $1::text and p.id = $2::text
union all
select r.version, r.last_updated, r.deleted, r.body, r.person_key, null
from resource_place p
join shared_resource r on r.person_key = p.person_key and r.type = p.type and r.number = p.number
where p.type = $1::text and p.id = $2::text
