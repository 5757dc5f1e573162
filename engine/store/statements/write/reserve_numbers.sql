-- $1 int: how many blocks. One row each: the first of 65,536 numbers that are the caller's.
select nextval('number_block') from generate_series(1, $1::int)
