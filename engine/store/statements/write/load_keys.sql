-- $1 bytea[]: digests of keys. Columns: digest, type, id of those that are known.
select k.digest, k.type, k.id
from (select unnest($1::bytea[]) as digest) as key join resource_key k using (digest)
