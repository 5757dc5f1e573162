-- $1 bigint[] persons, $2 bigint[] numbers, $3 text[] parameters, $4 text[] values.
insert into {shared_}index_string (person_key, number, parameter, value)
select * from unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[])
