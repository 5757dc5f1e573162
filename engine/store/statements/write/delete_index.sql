-- Takes the index rows of resources away: $1 bigint[] persons, $2 bigint[] numbers.
with gone as materialized (
    select unnest($1::bigint[]) as person, unnest($2::bigint[]) as number
), token as (
    delete from {shared_}index_token i using gone n
    where i.person_key = n.person and i.number = n.number
), reference as (
    delete from {shared_}index_reference i using gone n
    where i.person_key = n.person and i.number = n.number
), date as (
    delete from {shared_}index_date i using gone n
    where i.person_key = n.person and i.number = n.number
), string as (
    delete from {shared_}index_string i using gone n
    where i.person_key = n.person and i.number = n.number
)
delete from {shared_}index_quantity i using gone n
where i.person_key = n.person and i.number = n.number
