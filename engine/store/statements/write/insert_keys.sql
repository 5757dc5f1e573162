-- New keys and aliases: $1 bytea[] digests, $2 text[] types, $3 text[] ids. A key that
-- somebody else made meanwhile fails, as a race that was lost.
insert into resource_key (digest, type, id)
select unnest($1::bytea[]), unnest($2::text[]), unnest($3::text[]) order by 1
