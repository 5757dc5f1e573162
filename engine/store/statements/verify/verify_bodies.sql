-- A page of bodies in the order of their keys: $1 bigint person, $2 text type, $3 bigint number
-- that the page begins after, $4 integer how many at most. Columns: person_key, type, number, id,
-- version, body, content_hash.
select person_key, type, number, id, version, body, content_hash
from {shared_}resource
where (person_key, type, number) > ($1::bigint, $2::text, $3::bigint)
order by person_key, type, number
limit $4::integer
