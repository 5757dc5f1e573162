-- Resources that turn out to be another person's, each with its version at hand as history: $1
-- bigint[] from, $2 bigint[] to, $3 bigint[] numbers.
select move_resources(n.origin, n.target, array_agg(n.number))
from (select unnest($1::bigint[]) as origin, unnest($2::bigint[]) as target,
             unnest($3::bigint[]) as number) as n
group by n.origin, n.target
