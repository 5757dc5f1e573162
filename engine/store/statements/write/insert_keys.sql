-- New keys and aliases: $1 bytea[] digests, $2 text[] types, $3 text[] ids. As in insert_places.
insert into resource_key (digest, type, id)
select unnest($1::bytea[]), unnest($2::text[]), unnest($3::text[]) order by 1
