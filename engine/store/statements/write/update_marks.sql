-- The same content said again later: no version, but from now on older news does not count. $1
-- bigint[] persons, $2 text[] types, $3 bigint[] numbers, $4 timestamptz[] source times, $5 text[]
-- marks, $6 boolean[] merged.
update {shared_}resource r set source_time = n.time, marks = n.marks, merged = n.merged
from unnest($1::bigint[], $2::text[], $3::bigint[], $4::timestamptz[], $5::text[], $6::boolean[])
     as n (person, type, number, time, marks, merged)
where r.person_key = n.person and r.type = n.type and r.number = n.number
