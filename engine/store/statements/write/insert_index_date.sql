-- $1 bigint[] persons, $2 bigint[] numbers, $3 text[] parameters, $4 timestamptz[] lower, $5
-- timestamptz[] upper.
insert into {shared_}index_date (person_key, number, parameter, lower, upper)
select unnest($1::bigint[]), unnest($2::bigint[]), unnest($3::text[]),
       unnest($4::timestamptz[]), unnest($5::timestamptz[])
