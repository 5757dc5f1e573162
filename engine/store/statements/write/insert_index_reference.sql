-- $1 bigint[] persons, $2 bigint[] numbers, $3 text[] parameters, $4 text[] target types, $5 text[]
-- target ids.
insert into {shared_}index_reference (person_key, number, parameter, target_type, target_id)
select * from unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[])
