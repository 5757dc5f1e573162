-- Takes the index rows of resources away: $1 bigint[] persons, $2 bigint[] numbers.
with token as (
    delete from {shared_}index_token i using unnest($1::bigint[], $2::bigint[]) as n (person, number)
    where i.person_key = n.person and i.number = n.number
), reference as (
    delete from {shared_}index_reference i
    using unnest($1::bigint[], $2::bigint[]) as n (person, number)
    where i.person_key = n.person and i.number = n.number
), date as (
    delete from {shared_}index_date i using unnest($1::bigint[], $2::bigint[]) as n (person, number)
    where i.person_key = n.person and i.number = n.number
), string as (
    delete from {shared_}index_string i
    using unnest($1::bigint[], $2::bigint[]) as n (person, number)
    where i.person_key = n.person and i.number = n.number
)
delete from {shared_}index_quantity i using unnest($1::bigint[], $2::bigint[]) as n (person, number)
where i.person_key = n.person and i.number = n.number
