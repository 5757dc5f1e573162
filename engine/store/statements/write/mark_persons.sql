-- Persons whose record has changed, for the judge: $1 bigint[] persons, $2 timestamptz now.
insert into marked_person (person_key, marked, due)
select person, $2::timestamptz, $2::timestamptz from (select unnest($1::bigint[]) as person) as n
order by 1
on conflict (person_key) do update
set marked = excluded.marked, due = least(marked_person.due, excluded.due)
