-- Who has whose records now: $1 bigint[] persons, $2 bigint[] who replaces each (null: nobody).
update person p set replaced_by = n.replaced_by
from (select unnest($1::bigint[]) as person, unnest($2::bigint[]) as replaced_by order by 1) as n
where p.person_key = n.person
