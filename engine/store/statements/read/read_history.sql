-- The versions of a resource, each under the person it was about: $1 to $5 the viewer
-- (permit.fragment), $6 text type, $7 text id, $8 integer below which version, $9 integer how many
-- at most, $10 bigint bytes: once the bodies have so many, the rows behind come without (null), $11
-- text the Patient the caller is bound to, or ''. Those the caller may see come first, and of these
-- the newest. Columns as of read_resource.
{said}, bound as (
    select coalesce(n.replaced_by, n.person_key) as person_key
    from resource_place p join person n using (person_key)
    where p.type = 'Patient' and p.id = $11::text
), seen as (
    select m.version, m.last_updated, m.deleted, m.body, m.person_key, m.id, m.labels,
           ($11::text = '' or coalesce(coalesce(n.replaced_by, n.person_key)
                                      = (select person_key from bound), false))
           and case when m.person_key = 0 then {permit_shared} else {permit} end as visible
    from said m left join person n on n.person_key = m.person_key
    where m.version < $8::integer
)
select v.version, v.last_updated, v.deleted,
    case when coalesce(sum(octet_length(v.body)) over (
            order by v.visible desc, v.version desc
            rows between unbounded preceding and 1 preceding), 0) < $10::bigint
        then v.body end,
    v.person_key, v.visible, v.id, v.labels
from seen v
order by v.visible desc, v.version desc
limit $9::integer
