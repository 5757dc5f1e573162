-- Resources that turn out to be another person's: $1 bigint[] from, $2 bigint[] to, $3 bigint[]
-- numbers.
select move_resources(n.origin, n.target, array[n.number])
from unnest($1::bigint[], $2::bigint[], $3::bigint[]) as n (origin, target, number)
