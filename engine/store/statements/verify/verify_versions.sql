-- Every version before the current one is in the history, where it is found, and nothing else is.
-- $1 integer how many to name. Columns as of verify_messages.
with earlier as (
    select h.type, h.number, min(h.id) as id, count(*) as versions, max(h.version) as latest,
           bool_and(p.number is not null or f.number is not null) as found
    from {shared_}resource_history h
    left join resource_place p
        on p.type = h.type and p.id = h.id and p.person_key = h.person_key and p.number = h.number
    left join former_place f on f.number = h.number and f.person_key = h.person_key
    group by h.type, h.number
), bad as (
    select type, coalesce(r.id, h.id) as id,
        case when r.id is null then 'has no current version'
             when not h.found then 'has earlier versions where nobody finds them'
             else 'does not have all its earlier versions' end as fault
    from {shared_}resource r
    full join earlier h using (type, number)
    where r.id is null or coalesce(h.versions, 0) <> r.version - 1
        or coalesce(h.latest, 0) <> r.version - 1 or not h.found
)
select '{shared_}resource_history', type || '/' || id, fault, count(*) over ()
from bad order by type, id limit $1::integer
