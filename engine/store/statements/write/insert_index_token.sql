-- $1 bigint[] persons, $2 bigint[] numbers, $3 text[] parameters, $4 text[] codes, $5 text[]
-- systems.
insert into {shared_}index_token (person_key, number, parameter, code, system)
select unnest($1::bigint[]), unnest($2::bigint[]), unnest($3::text[]), unnest($4::text[]),
       unnest($5::text[])
