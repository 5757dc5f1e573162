-- Takes the marks away from persons whose time has come: $1 timestamptz now, $2 integer how many at
-- most. A person whose mark is being renewed at this moment is left for the next look.
delete from marked_person
where person_key in (
    select person_key from marked_person where due <= $1::timestamptz
    order by due limit $2::integer for update skip locked
)
