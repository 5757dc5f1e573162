-- $1 bigint[] persons, $2 bigint[] numbers, $3 text[] parameters, $4 text[] values (decimals as
-- written), $5 text[] unit systems, $6 text[] unit codes.
insert into {shared_}index_quantity (person_key, number, parameter, value, system, code)
select n.person, n.number, n.parameter, n.value::numeric, n.system, n.code
from unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[])
     as n (person, number, parameter, value, system, code)
