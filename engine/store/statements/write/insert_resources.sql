-- First versions (or first in this batch): $1 bigint[] persons, $2 text[] types, $3 bigint[]
-- numbers, $4 text[] ids, $5 int[] versions, $6 timestamptz[] last updated, $7 boolean[] merged, $8
-- bigint[] sources, $9 timestamptz[] source times, $10 bigint[] inbox ids, $11 bytea[] content
-- hashes, $12 text[] marks, $13 text[] bodies.
insert into {shared_}resource
    (person_key, type, number, id, version, last_updated, deleted, merged, source_record_key,
     source_time, inbox_id, content_hash, marks, body)
select n.person, n.type, n.number, n.id, n.version, n.updated, false, n.merged, n.source, n.time,
       n.inbox, n.hash, n.marks, n.body
from unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::int[], $6::timestamptz[],
            $7::boolean[], $8::bigint[], $9::timestamptz[], $10::bigint[], $11::bytea[],
            $12::text[], $13::text[])
     as n (person, type, number, id, version, updated, merged, source, time, inbox, hash, marks,
           body)
