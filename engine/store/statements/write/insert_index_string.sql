-- $1 bigint[] persons, $2 bigint[] numbers, $3 text[] parameters, $4 text[] values.
insert into {shared_}index_string (person_key, number, parameter, value)
select unnest($1::bigint[]), unnest($2::bigint[]), unnest($3::text[]), unnest($4::text[])
