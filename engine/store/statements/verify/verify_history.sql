-- The same of earlier versions: $5 integer version that the page begins after. Columns: those of
-- verify_bodies; there is no hash.
select person_key, type, number, id, version, body, null::bytea
from {shared_}resource_history
where (person_key, type, number, version) > ($1::bigint, $2::text, $3::bigint, $5::integer)
order by person_key, type, number, version
limit $4::integer
