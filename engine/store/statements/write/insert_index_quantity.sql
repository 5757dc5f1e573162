-- $1 bigint[] persons, $2 bigint[] numbers, $3 text[] parameters, $4 text[] values (decimals as
-- written), $5 text[] unit systems, $6 text[] unit codes.
insert into {shared_}index_quantity (person_key, number, parameter, value, system, code)
select n.person, n.number, n.parameter, n.value::numeric, n.system, n.code
from (select unnest($1::bigint[]) as person, unnest($2::bigint[]) as number,
             unnest($3::text[]) as parameter, unnest($4::text[]) as value,
             unnest($5::text[]) as system, unnest($6::text[]) as code) as n
