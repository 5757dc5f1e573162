-- Every row of the search index points at a resource of the type its parameter is of. $1 integer
-- how many to name. Columns as of verify_messages; the key is parameter and number.
with entry as (
    select '{shared_}index_token' as name, person_key, number, parameter
    from {shared_}index_token
    union all
    select '{shared_}index_reference', person_key, number, parameter
    from {shared_}index_reference
    union all
    select '{shared_}index_date', person_key, number, parameter from {shared_}index_date
    union all
    select '{shared_}index_string', person_key, number, parameter from {shared_}index_string
    union all
    select '{shared_}index_quantity', person_key, number, parameter
    from {shared_}index_quantity
)
select e.name, e.parameter || ' ' || e.number, 'points at no resource', count(*) over ()
from entry e
left join {shared_}resource r on r.person_key = e.person_key and r.number = e.number
    and r.type = split_part(e.parameter, '.', 1)
where r.number is null or r.deleted
order by e.name, e.number limit $1::integer
