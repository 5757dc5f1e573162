-- $1 bigint[] persons, $2 text[] Patient ids, $3 timestamptz created.
insert into person (person_key, patient_id, created)
select n.person, n.patient, $3::timestamptz
from (select unnest($1::bigint[]) as person, unnest($2::text[]) as patient) as n
