-- Versions that came and went within one batch: $1 bigint[] persons, $2 text[] types, $3 bigint[]
-- numbers, $4 text[] ids, $5 int[] versions, $6 timestamptz[] last updated, $7 bigint[] sources, $8
-- timestamptz[] source times, $9 bigint[] inbox ids, $10 text[] bodies.
insert into {shared_}resource_history
    (person_key, type, number, id, version, last_updated, deleted, source_record_key, source_time,
     inbox_id, body)
select n.person, n.type, n.number, n.id, n.version, n.updated, false, n.source, n.time, n.inbox,
       n.body
from unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::int[], $6::timestamptz[],
            $7::bigint[], $8::timestamptz[], $9::bigint[], $10::text[])
     as n (person, type, number, id, version, updated, source, time, inbox, body)
