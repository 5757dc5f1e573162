-- Versions that came and went within one batch: $1 bigint[] persons, $2 text[] types, $3 bigint[]
-- numbers, $4 text[] ids, $5 int[] versions, $6 timestamptz[] last updated, $7 bigint[] sources, $8
-- timestamptz[] source times, $9 bigint[] inbox ids, $10 text[] bodies.
insert into {shared_}resource_history
    (person_key, type, number, id, version, last_updated, deleted, source_record_key, source_time,
     inbox_id, body)
select n.person, n.type, n.number, n.id, n.version, n.updated, false, n.source, n.time, n.inbox,
       n.body
from (select unnest($1::bigint[]) as person, unnest($2::text[]) as type,
             unnest($3::bigint[]) as number, unnest($4::text[]) as id,
             unnest($5::int[]) as version, unnest($6::timestamptz[]) as updated,
             unnest($7::bigint[]) as source, unnest($8::timestamptz[]) as time,
             unnest($9::bigint[]) as inbox, unnest($10::text[]) as body) as n
