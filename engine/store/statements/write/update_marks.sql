-- The same content said again later: no version, but from now on older news does not count. $1
-- bigint[] persons, $2 text[] types, $3 bigint[] numbers, $4 timestamptz[] source times, $5 text[]
-- marks, $6 boolean[] merged.
update {shared_}resource r set source_time = n.time, marks = n.marks, merged = n.merged
from (select unnest($1::bigint[]) as person, unnest($2::text[]) as type,
             unnest($3::bigint[]) as number, unnest($4::timestamptz[]) as time,
             unnest($5::text[]) as marks, unnest($6::boolean[]) as merged) as n
where r.person_key = n.person and r.type = n.type and r.number = n.number
