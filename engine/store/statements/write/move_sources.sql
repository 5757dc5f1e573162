-- Source records that are of another person now: $1 bigint[] keys, $2 bigint[] persons, $3 bigint[]
-- the persons an unlink goes back to.
update source_record s set person_key = n.person, home_person_key = n.home
from (select unnest($1::bigint[]) as source, unnest($2::bigint[]) as person,
             unnest($3::bigint[]) as home order by 1) as n
where s.source_record_key = n.source
