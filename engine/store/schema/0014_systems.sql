-- Assertions of clients that were shown: each is good for a single time, whichever worker or engine
-- it is shown to. A digest of who made it and of its own id, until when it would be taken.
create table used_assertion (
    digest bytea primary key check (octet_length(digest) = 32),
    expires timestamptz not null
);
create index used_assertion_expires on used_assertion (expires);
grant select, insert, update, delete on used_assertion to painbridge_door;
