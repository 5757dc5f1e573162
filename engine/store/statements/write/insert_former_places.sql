-- Where versions are that came and went within one batch: $1 bigint[] numbers, $2 bigint[] persons.
insert into former_place (number, person_key)
select unnest($1::bigint[]), unnest($2::bigint[])
on conflict do nothing
