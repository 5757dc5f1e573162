-- $1 bigint[] persons, $2 bigint[] numbers, $3 text[] parameters, $4 text[] codes, $5 text[] systems.
insert into {shared_}index_token (person_key, number, parameter, code, system)
select * from unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[])
