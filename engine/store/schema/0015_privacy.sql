-- Who may see what: the parts of the decision that are asked seldom. All of it stands together in
-- statements/permit.fragment.

-- Who broke the glass (42 CFR 2.51, medical emergencies), for whom, why, until when. Appended only.
create table emergency_access (
    emergency_id bigint primary key,
    person_key bigint not null,
    name text collate "C" not null,         -- of the client or user who may look
    reason text not null,                   -- as it was given
    lower timestamptz not null,             -- by the clock of the record
    upper timestamptz not null,
    recorded timestamptz not null           -- by the real clock
);
create index emergency_access_person on emergency_access (person_key);

-- Somebody with one of these names broke the glass for the person.
create function is_emergency(person bigint, names text[], moment timestamptz) returns boolean
language sql stable parallel safe as $$
    select exists (
        select 1 from emergency_access e
        where e.person_key = person and e.name = any (names)
          and moment >= e.lower and moment < e.upper)
$$;

-- A reference of the person's record names one of these: by an identifier that stands in it, or by
-- one of the Organization that it leads to, where nobody but the site that wrote the reference has
-- written of that: others could give it their own.
create function is_named(person bigint, resource bigint, source bigint, wanted text, names text[])
returns boolean language sql stable parallel safe as $$
    select exists (
        select 1 from index_reference i
        join resource_place p on p.type = i.target_type and p.id = i.target_id and not p.labelled
        join shared_resource o on o.type = p.type and o.number = p.number and not o.merged
        join shared_index_token k on k.number = o.number and k.parameter = o.type || '.identifier'
        join source_record w on w.source_record_key = o.source_record_key
        join source_record s on s.source_record_key = source and s.site = w.site
        where i.person_key = person and i.number = resource and i.parameter = wanted
          and k.system || '|' || k.code = any (names))
    or exists (
        select 1 from index_token k
        where k.number = resource and k.parameter = wanted
          and k.system || '|' || k.code = any (names))
$$;

-- Who is named in the person's care team, or was asked by a referral that is open, treats the
-- person; so does who broke the glass. Own patients are asked for where this is asked. What is
-- labelled makes nobody treat: it would tell of itself.
create function treats(person bigint, names text[], moment timestamptz) returns boolean
language sql stable parallel safe as $$
    select exists (
        select 1 from resource r
        join index_token t on t.number = r.number
        where r.person_key = person and not r.deleted and r.labels = 0 and cardinality(names) > 0
          and (r.type = 'CareTeam' and t.parameter = 'CareTeam.status' and t.code = 'active'
               and not exists (select 1 from index_date d
                               where d.number = r.number and d.parameter = 'CareTeam.date'
                                 and (moment < d.lower or moment > d.upper))
               and is_named(person, r.number, r.source_record_key, 'CareTeam.participant', names)
               or r.type = 'ServiceRequest' and t.parameter = 'ServiceRequest.status'
               and t.code in ('active', 'on-hold')
               and is_named(person, r.number, r.source_record_key, 'ServiceRequest.performer',
                            names)))
    or is_emergency(person, names, moment)
$$;

-- A record that a site has of a person makes the person its patient: not one that came to be as it
-- wrote of somebody else's patient under our own id, which ends with what allowed it to.
create function is_own_patient(record bigint, origin_system text, home bigint) returns boolean
language sql stable parallel safe as $$
    select origin_system <> 'Patient' or not exists (
        select 1 from source_record o
        where o.person_key in (select s.person_key from source_record s
                               where s.source_record_key = record)
          and o.home_person_key = home and o.source_record_key < record)
$$;

-- The viewer may see what is labelled `wanted` of what `owner` said of the person (0: of anybody):
-- it is the viewer's own, or a consent permits and none denies, or it is an emergency. Unknown
-- consent is deny: no rule, no sight.
create function may_see_labels(person bigint, wanted integer, owner text, viewer_site text,
                               names text[], purpose integer, moment timestamptz)
returns boolean language sql stable parallel safe as $$
    select (owner <> '' and owner = viewer_site)
        or (purpose <> 0
            and exists (
                select 1 from consent_rule c
                where (c.person_key = person or person = 0) and c.permits
                  and c.labels & wanted = wanted and c.purposes & purpose = purpose
                  and moment >= c.lower and moment < c.upper
                  and (c.discloser = '' or c.discloser = owner)
                  and (c.recipient = any (names) or (c.recipient = '' and viewer_site <> '')))
            and not exists (
                select 1 from consent_rule c
                where c.person_key = person and not c.permits and c.labels & wanted <> 0
                  and (c.purposes = 0 or c.purposes & purpose <> 0)
                  and moment >= c.lower and moment < c.upper
                  and (c.discloser = '' or c.discloser = owner)
                  and (c.recipient = '' or c.recipient = any (names))))
        or is_emergency(person, names, moment)
$$;

-- A denial of open facts hits this row: it is not the viewer's own, and no emergency.
create function denies(person bigint, resource bigint, source bigint, discloser text,
                       recipient text, viewer_site text, names text[], moment timestamptz)
returns boolean language sql stable parallel safe as $$
    select (recipient = '' or recipient = any (names))
       and not exists (select 1 from source_record s
                       where s.source_record_key = source and s.site = viewer_site)
       and (discloser = ''
            or exists (select 1 from source_record s
                       where s.source_record_key = source and s.site = discloser)
            or exists (select 1 from contribution c
                       join source_record s on s.source_record_key = c.source_record_key
                       where c.person_key = person and c.number = resource
                         and s.site = discloser))
       and not is_emergency(person, names, moment)
$$;

grant select on emergency_access
to painbridge_door, painbridge_judge, painbridge_courier, painbridge_reader;
grant insert on emergency_access to painbridge_door;
grant execute on function
    is_emergency, is_named, treats, is_own_patient, may_see_labels, denies
to painbridge_door, painbridge_judge, painbridge_courier, painbridge_reader;
