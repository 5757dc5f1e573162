-- The versions of a resource, each under the person it was about: $1 text type, $2 text id, $3
-- integer below which version, $4 integer how many at most, $5 bigint bytes: once the bodies have
-- so many, the rows behind come without (null), $6 text the Patient the caller is bound to, or ''.
-- Those the caller may see come first, and of these the newest. Columns as of read_resource.
with place as (
    select person_key, type, number from resource_place where type = $1::text and id = $2::text
    union
    select f.person_key, p.type, p.number
    from resource_place p join former_place f using (number)
    where p.type = $1::text and p.id = $2::text
), bound as (
    select coalesce(n.replaced_by, n.person_key) as person_key
    from resource_place p join person n using (person_key)
    where p.type = 'Patient' and p.id = $6::text
), said as (
    select r.version, r.last_updated, r.deleted, r.body, r.person_key, r.id
    from place join resource r using (person_key, type, number)
    union all
    select r.version, r.last_updated, r.deleted, r.body, r.person_key, r.id
    from place join resource_history r using (person_key, type, number)
    union all
    select r.version, r.last_updated, r.deleted, r.body, r.person_key, r.id
    from place join shared_resource r using (person_key, type, number)
    union all
    select r.version, r.last_updated, r.deleted, r.body, r.person_key, r.id
    from place join shared_resource_history r using (person_key, type, number)
), seen as (
    select v.*, $6::text = '' or coalesce(coalesce(n.replaced_by, n.person_key)
                                          = (select person_key from bound), false) as visible
    from said v
    left join person n on n.person_key = v.person_key
    where v.version < $3::integer
)
select v.version, v.last_updated, v.deleted,
    case when coalesce(sum(octet_length(v.body)) over (
            order by v.visible desc, v.version desc
            rows between unbounded preceding and 1 preceding), 0) < $5::bigint
        then v.body end,
    v.person_key, v.visible, v.id
from seen v
order by v.visible desc, v.version desc
limit $4::integer
