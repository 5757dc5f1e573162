-- New keys and aliases: $1 bytea[] digests, $2 text[] types, $3 text[] ids. As in insert_places.
insert into resource_key (digest, type, id)
select * from unnest($1::bytea[], $2::text[], $3::text[]) order by 1
