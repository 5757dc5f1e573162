-- What came in, byte for byte, and what was answered.

-- The dedupe key, compared byte for byte, unique for ever: two connections at the same moment
-- cannot both win; the later one waits for the earlier one's end. `accepted` is false where the
-- answer was an error or a rejection: the same key may then be tried again.
create table message_key (
    feed text collate "C" not null,
    sending_application bytea not null,     -- MSH-3
    sending_facility bytea not null,        -- MSH-4
    control_id bytea not null,              -- MSH-10
    content_hash bytea not null,            -- SHA-256 without MSH-7, MSH-8 and trailing empties
    accepted boolean not null,
    received timestamptz not null,
    inbox_id bigint not null,               -- the answer stands there
    primary key (feed, sending_application, sending_facility, control_id)
) with (fillfactor = 80);

-- status: accepted, or why it has no effect: rejected (an error was answered), quarantined (another
-- message under a key that is taken), held (it waits, see held_message; then it becomes accepted,
-- under the revision by which it went on), dropped (it waited, and somebody let it go for good, see
-- held_drop).
create table inbox (
    inbox_id bigint not null,
    received timestamptz not null,
    feed text collate "C" not null,
    control_id bytea not null,
    message_type text collate "C" not null, -- MSH-9 as type^event, "" where unreadable
    status text collate "C" not null check (status in ('accepted', 'rejected', 'quarantined',
                                                        'held', 'dropped')),
    person_key bigint not null,             -- 0 where it is about nobody, and while it waits
    revision bytea not null,                -- of mappings, tables and settings; see `why`
    content_hash bytea not null,
    raw bytea compression lz4 not null,
    answer bytea compression lz4 not null,
    primary key (inbox_id, received)
) partition by range (received);
create index inbox_control_id on inbox (control_id);
create index inbox_received on inbox (received, inbox_id);

