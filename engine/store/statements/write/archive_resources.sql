-- Keeps the current versions before they change: $1 bigint[] persons, $2 text[] types, $3 bigint[]
-- numbers.
insert into {shared_}resource_history
    (person_key, type, number, id, version, last_updated, deleted, source_record_key, source_time,
     inbox_id, body)
select r.person_key, r.type, r.number, r.id, r.version, r.last_updated, r.deleted,
       r.source_record_key, r.source_time, r.inbox_id, r.body
from (select unnest($1::bigint[]) as person, unnest($2::text[]) as type,
             unnest($3::bigint[]) as number) as n
join {shared_}resource r
  on r.person_key = n.person and r.type = n.type and r.number = n.number
