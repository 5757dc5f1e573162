-- Fails the transaction as a race that was lost where the sources of a resource of no person do not
-- say any more what they said when it was read, or are others; once its row is locked: $1 text[]
-- types, $2 bigint[] numbers, $3 bigint[] sources, $4 text[] bodies.
with read as materialized (
    select unnest($1::text[]) as type, unnest($2::bigint[]) as number,
           unnest($3::bigint[]) as source, unnest($4::text[]) as body
), stored as (
    select exists (select 1 from read n
                   where n.number = c.number and n.type = c.type
                     and n.source = c.source_record_key and n.body = c.body) as is_same
    from shared_contribution c
    where c.person_key = 0 and (c.type, c.number) in (select type, number from read)
)
select confirm_rows((select count(*) from stored where is_same), cardinality($3::bigint[])),
       confirm_rows((select count(*) from stored), cardinality($3::bigint[]))
