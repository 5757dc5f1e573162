-- $1 bigint[] persons, $2 bigint[] numbers, $3 text[] parameters, $4 text[] target types, $5 text[]
-- target ids.
insert into {shared_}index_reference (person_key, number, parameter, target_type, target_id)
select unnest($1::bigint[]), unnest($2::bigint[]), unnest($3::text[]), unnest($4::text[]),
       unnest($5::text[])
