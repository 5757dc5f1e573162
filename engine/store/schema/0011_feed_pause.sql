-- Feeds that an admin has stopped. Their connections stay, and nothing is read from them until the
-- row is gone; every engine looks once a second.
create table feed_pause (
    feed text collate "C" primary key,
    since timestamptz not null,
    actor text collate "C" not null         -- the account that did it; also in the audit
);
grant select on feed_pause
to painbridge_door, painbridge_judge, painbridge_courier, painbridge_reader;
grant insert, delete on feed_pause to painbridge_door;
