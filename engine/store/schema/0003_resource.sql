-- The record: what every resource says now, what it said before, and who said which part of it.
--
-- Each table stands twice: `resource` for what belongs to a person, distributed by person_key, and
-- `shared_resource` with the same columns and person_key 0 for what belongs to none (Practitioner,
-- Organization, Location and the like). The statements that work on them are the same but for the
-- name.
--
-- Labels (pipeline/label.h) say that a body may only be shown by consent; 0: it is open. A resource
-- of which open and labelled sources speak stands twice, under one id and two numbers: once as the
-- open sources alone have it, once, labelled, as all have it. Each has its own versions, so that
-- neither counts nor gaps of the first show that there is a second. A version has the labels of its
-- resource now: a label, once given, holds for what was before, too.

create table resource (
    person_key bigint not null,
    type text collate "C" not null,
    number bigint not null,
    id text collate "C" not null,
    version integer not null,
    last_updated timestamptz not null,
    deleted boolean not null,
    merged boolean not null,                -- true: several sources, see contribution
    source_record_key bigint not null,      -- who wrote this version
    source_time timestamptz not null,       -- when it was so at the source, by its own clock
    inbox_id bigint,                        -- the message it came from; null for a FHIR client
    labels integer not null,                -- bits
    label_site text collate "C" not null,   -- whose facts are labelled; '': of several, or open
    content_hash bytea not null,            -- SHA-256 of body without version, time, source
    marks text compression lz4,             -- which rule wrote what, and when; null where merged
    body text compression lz4 not null,     -- JSON, byte for byte as it is read
    primary key (person_key, type, number)
);
create index resource_recent on resource (type, last_updated, number);

-- Earlier versions; the current one is in `resource` only. A version stays with the person it was
-- about when the resource moves to another one (former_place): nobody reads in one person's record
-- what was said of another.
create table resource_history (
    person_key bigint not null,
    type text collate "C" not null,
    number bigint not null,
    id text collate "C" not null,
    version integer not null,
    last_updated timestamptz not null,
    deleted boolean not null,
    source_record_key bigint not null,
    source_time timestamptz not null,
    inbox_id bigint,
    body text compression lz4 not null,
    primary key (person_key, type, number, version)
);

-- What each source said, where more than one did: the body of `resource` is computed from these
-- rows. Where there is one source the body is its contribution, and nothing stands here.
create table contribution (
    person_key bigint not null,
    type text collate "C" not null,
    number bigint not null,
    source_record_key bigint not null,
    source_time timestamptz not null,
    inbox_id bigint,
    marks text compression lz4,
    body text compression lz4 not null,
    primary key (person_key, type, number, source_record_key)
);

-- What consents allow and deny, from the Consent resources in force (pipeline/consent.h); one row
-- for each provision and recipient. Judged at each look and at each sending, never before.
create table consent_rule (
    person_key bigint not null,
    number bigint not null,                 -- of the Consent
    permits boolean not null,               -- false: it denies, and that wins
    discloser text collate "C" not null,    -- whose facts: a site; '' every one's
    recipient text collate "C" not null,    -- a name of who may see; '' whoever treats the person
    labels integer not null,                -- bits that it speaks of; the highest: open facts
    purposes integer not null,              -- bits (pipeline/consent.h)
    lower timestamptz not null,
    upper timestamptz not null              -- from lower to before upper
);
create index consent_rule_person on consent_rule (person_key);
create index consent_rule_number on consent_rule (number);

create table shared_resource (like resource including all, check (person_key = 0));
create table shared_resource_history (like resource_history including all, check (person_key = 0));
create table shared_contribution (like contribution including all, check (person_key = 0));

-- Bodies are mostly read whole and by key; a body that outgrows a page goes out of line compressed.
-- A changed row finds room beside its old version.
alter table resource set (fillfactor = 90);
alter table shared_resource set (fillfactor = 70);

-- Every version and the message it came from: kept as a column, because each version comes from
-- exactly one message or request.
create view provenance as
select person_key, type, id, number, version, last_updated, source_record_key, inbox_id
from resource
union all
select person_key, type, id, number, version, last_updated, source_record_key, inbox_id
from resource_history
union all
select person_key, type, id, number, version, last_updated, source_record_key, inbox_id
from shared_resource
union all
select person_key, type, id, number, version, last_updated, source_record_key, inbox_id
from shared_resource_history;
