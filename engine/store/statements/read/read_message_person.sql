-- Whose record the stored message $1 bigint is about. Columns: person (0: nobody's).
select person_key from inbox where inbox_id = $1::bigint limit 1
