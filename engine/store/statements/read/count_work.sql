-- What is to be done now: $1 timestamptz now. Columns: persons marked and due, sendings that wait
-- and are due.
select (select count(*) from marked_person where due <= $1::timestamptz),
    (select count(*) from outbox where state = 'waiting' and due <= $1::timestamptz)
