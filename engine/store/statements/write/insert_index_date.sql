-- $1 bigint[] persons, $2 bigint[] numbers, $3 text[] parameters, $4 timestamptz[] lower, $5
-- timestamptz[] upper.
insert into {shared_}index_date (person_key, number, parameter, lower, upper)
select * from unnest($1::bigint[], $2::bigint[], $3::text[], $4::timestamptz[], $5::timestamptz[])
