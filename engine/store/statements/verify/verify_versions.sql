-- Every version before the current one is in the history, and nothing else is. $1 integer how many to
-- name. Columns as of verify_messages.
with earlier as (
    select person_key, type, number, min(id) as id, count(*) as versions, max(version) as latest
    from {shared_}resource_history
    group by person_key, type, number
), bad as (
    select type, coalesce(r.id, h.id) as id,
        case when r.id is null then 'has no current version'
             else 'does not have all its earlier versions' end as fault
    from {shared_}resource r
    full join earlier h using (person_key, type, number)
    where r.id is null or coalesce(h.versions, 0) <> r.version - 1
        or coalesce(h.latest, 0) <> r.version - 1
)
select '{shared_}resource_history', type || '/' || id, fault, count(*) over ()
from bad order by type, id limit $1::integer
