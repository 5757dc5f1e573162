-- One version of a resource: $1 text type, $2 text id, $3 integer version. Columns as of
-- read_resource.
with place as (
    select person_key, type, number from resource_place where type = $1::text and id = $2::text
)
select v.version, v.last_updated, v.deleted, v.body, v.person_key, n.patient_id
from (
    select r.version, r.last_updated, r.deleted, r.body, r.person_key
    from place join resource r using (person_key, type, number)
    union all
    select r.version, r.last_updated, r.deleted, r.body, r.person_key
    from place join resource_history r using (person_key, type, number)
    union all
    select r.version, r.last_updated, r.deleted, r.body, r.person_key
    from place join shared_resource r using (person_key, type, number)
    union all
    select r.version, r.last_updated, r.deleted, r.body, r.person_key
    from place join shared_resource_history r using (person_key, type, number)
) v
left join person n on n.person_key = v.person_key
where v.version = $3::integer
