-- The messages that the versions of a resource came from, the latest version's first: $1 text type,
-- $2 text id. Columns: those of find_message.
select i.inbox_id, i.received, i.feed, i.control_id, i.message_type, i.status, i.answer, i.raw,
    i.revision
from (
    select v.inbox_id, max(v.version) as latest
    from resource_place p
    join provenance v on v.type = p.type and v.number = p.number and v.person_key in (
        select p.person_key union all
        select f.person_key from former_place f where f.number = p.number
    )
    where p.type = $1::text and p.id = $2::text and v.inbox_id is not null
    group by v.inbox_id
) s
join inbox i using (inbox_id)
order by s.latest desc
limit 100
