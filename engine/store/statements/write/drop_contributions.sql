-- What sources said before the resource turned out to be another person's: $1 bigint[] persons, $2
-- text[] types, $3 bigint[] numbers.
delete from contribution c
using (select unnest($1::bigint[]) as person, unnest($2::text[]) as type,
              unnest($3::bigint[]) as number) as n
where c.person_key = n.person and c.type = n.type and c.number = n.number
