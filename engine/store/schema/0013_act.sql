-- Source records that come to another person: whom it is about, and what was decided.

-- What was said of two source records, by a person or by a site of its own numbers: that they are of
-- one person, that they are not, or that what was decided before counts no more. The latest word on
-- a pair counts, and no comparison overrules it. Appended only.
create table identity_decision (
    decision_id bigint primary key,
    record_one bigint not null,             -- source_record_key; the lower of the two
    record_two bigint not null,
    verdict text collate "C" not null check (verdict in ('same', 'different', 'undo')),
    decided timestamptz not null,           -- always the real clock
    who text collate "C" not null,          -- the feed, client or account
    why text collate "C" not null,
    check (record_one < record_two)
);
create index identity_decision_pair on identity_decision (record_one, record_two, decision_id);
create index identity_decision_other on identity_decision (record_two);

-- The persons whom an act may change that names source records (sites, systems, values; or by the id of
-- their own Patient), Patients, and Patients by digests of their keys: those who have the records now
-- (is_main), and those who had them, or may have them again.
create index source_record_patient on source_record (patient_id);
create function act_persons(sites text[], systems text[], source_values text[], patients text[],
                            digests bytea[])
returns table (person_key bigint, is_main boolean) language sql stable as $$
    with root as (
        select s.person_key
        from (select unnest(sites) as site, unnest(systems) as system,
                     unnest(source_values) as value) as n
        join source_record s using (site, system, value)
        union
        select l.person_key from resource_place l
        where l.type = 'Patient' and l.id = any (patients)
        union
        select s.person_key from source_record s where s.patient_id = any (patients)
        union
        select l.person_key from resource_key k join resource_place l using (type, id)
        where k.digest = any (digests)
    ), main as (
        select coalesce(p.replaced_by, p.person_key) as person_key
        from root join person p using (person_key)
        union
        select p.person_key from root join person p using (person_key)
    ), other as (
        select s.home_person_key as person_key
        from main join source_record s using (person_key)
        union
        select p.person_key from person p join main m on p.replaced_by = m.person_key
    )
    select m.person_key, true from main m
    union all
    select o.person_key, false from other o
    where o.person_key not in (select m.person_key from main m)
$$;

grant select on identity_decision
to painbridge_door, painbridge_judge, painbridge_courier, painbridge_reader;
grant insert on identity_decision to painbridge_door;
grant execute on function act_persons to painbridge_door;
