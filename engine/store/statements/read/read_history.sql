-- The versions of a resource, newest first: $1 text type, $2 text id, $3 integer below which version,
-- $4 integer how many at most, $5 bigint bytes: once the bodies have so many, the rows behind come
-- without (null). Columns as of read_resource.
with place as (
    select person_key, type, number from resource_place where type = $1::text and id = $2::text
)
select v.version, v.last_updated, v.deleted,
    case when coalesce(sum(octet_length(v.body)) over (
            order by v.version desc rows between unbounded preceding and 1 preceding), 0) < $5::bigint
        then v.body end,
    v.person_key, n.patient_id
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
where v.version < $3::integer
order by v.version desc
limit $4::integer
