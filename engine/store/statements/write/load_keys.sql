-- $1 bytea[]: digests of keys. Columns: digest, type, id of those that are known.
select k.digest, k.type, k.id from unnest($1::bytea[]) as key (digest) join resource_key k using (digest)
