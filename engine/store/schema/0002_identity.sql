-- Who is who, and which id was given first.
--
-- These four are the local tables: unique over the whole instance, small, never distributed. All
-- other tables with a person in them begin their key with person_key.

-- One row for each person the record is about. The row is also the lock: whoever changes anything
-- of a person holds it, and several are taken in ascending order. A person whose records were all
-- linked to another one stays, and points at the one that has them now, which is never replaced
-- itself.
create table person (
    person_key bigint primary key,
    patient_id text collate "C" not null,   -- the Patient shown: that of the first source record
    replaced_by bigint references person,
    created timestamptz not null,
    check (person_key > 0 and replaced_by <> person_key)
);
create index person_replaced_by on person (replaced_by) where replaced_by is not null;

-- What one site calls one person: the site and its first record number with an assigner.
-- home_person_key is the person an unlink goes back to: the one it was of when it was first seen, or
-- where it was another record's from the start, the one that was made when it left. patient_id is
-- the id that its own Patient would have, or has, and never changes. person_key 0 (system and value '') is a site speaking of what belongs to
-- no person.
create table source_record (
    source_record_key bigint primary key,
    site text collate "C" not null,
    system text collate "C" not null,
    value text collate "C" not null,
    person_key bigint not null,
    home_person_key bigint not null,
    patient_id text collate "C" not null,
    created timestamptz not null,
    unique (site, system, value)
);
create index source_record_person on source_record (person_key, site);

-- Where a resource is: person_key 0 stands for the shared tables. What was said of one in part under
-- a label stands twice under one id (0003, labels): `labelled` is the one that holds all.
create table resource_place (
    type text collate "C" not null,
    id text collate "C" not null,
    labelled boolean not null,
    person_key bigint not null,
    number bigint not null,
    primary key (id, type, labelled)        -- ids differ in their first letters
);
create index resource_place_labelled on resource_place (id) where labelled;

-- Where a resource was before: persons whom earlier versions of it are about, where that is another
-- one than now. A row is never taken away.
create table former_place (
    number bigint not null,
    person_key bigint not null,
    primary key (number, person_key)
);

-- Every key and alias under which a resource was ever named, and the id that was given first. The
-- digest covers the type and the key's name, so it is unique by itself.
create table resource_key (
    digest bytea primary key,
    type text collate "C" not null,
    id text collate "C" not null
);
