-- New resources: $1 text[] types, $2 text[] ids, $3 bigint[] persons (0: shared), $4 bigint[]
-- numbers. An id that somebody else made meanwhile fails, as a race that was lost.
insert into resource_place (type, id, person_key, number)
select unnest($1::text[]), unnest($2::text[]), unnest($3::bigint[]), unnest($4::bigint[])
order by 1, 2
