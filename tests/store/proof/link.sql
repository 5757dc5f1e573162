-- A link and the unlink after it leave every resource as it was.
select proof.receive('north', '1', 'a', 'north', 'M1', '2026-04-01Z',
    '[{"type":"Patient","keys":["north M1"],"says":{"phone":"1"},"clears":[]},
      {"type":"Observation","keys":["o1"],"says":{"subject":"north"},"clears":[]}]');
select proof.receive('south', '1', 'b', 'south', 'S1', '2026-04-02Z',
    '[{"type":"Patient","keys":["south S1"],"says":{"city":"Ames"},"clears":[]},
      {"type":"Observation","keys":["o2"],"says":{"subject":"south"},"clears":[]}]');
insert into index_token select person_key, number, 'Observation.code', '91147-9', 'http://loinc.org'
from resource where type = 'Observation';

create function proof.picture() returns text language sql as $$
    select string_agg(format('%s %s %s %s', s.site, r.type, r.body, t.code), E'\n'
                      order by s.site, r.type, r.id)
    from resource r join source_record s using (source_record_key)
    left join index_token t on t.person_key = r.person_key and t.number = r.number
    join person p on p.person_key = r.person_key and p.person_key = s.home_person_key
    where not r.merged
$$;
create table proof.before as select proof.picture() as picture;

-- Stands in for the identity issue's C: moves, takes the Patient's contribution along, writes the
-- new versions with the subject of the person they now belong to.
create function proof.move(record text, target bigint) returns void language plpgsql as $$
declare
    source source_record;
    moved record;
    patient resource;
begin
    perform 1 from person order by person_key for no key update;
    select * into strict source from source_record s where s.value = record;
    for moved in select * from move_source_record(source.source_record_key, target) loop
        select * into strict patient from resource r
        where r.type = moved.type and r.number = moved.number;
        if moved.merged then -- an unlink: the voice leaves the survivor
            delete from contribution c where c.number = moved.number
              and c.source_record_key = source.source_record_key;
            perform proof.put(patient, (select max(c.source_record_key) from contribution c
                                        where c.number = moved.number), null,
                (select c.body::jsonb from contribution c where c.number = moved.number),
                (select c.marks::jsonb from contribution c where c.number = moved.number), now());
            delete from contribution c where c.number = moved.number;
            continue;
        end if;
        perform proof.put(patient, source.source_record_key, null,
            patient.body::jsonb || jsonb_build_object('subject', (select s.site from source_record s
                where s.home_person_key = target)), patient.marks::jsonb, now());
    end loop;
    if target = source.home_person_key then
        update person set replaced_by = null where person_key = target;
        return;
    end if;
    update person set replaced_by = target where person_key = source.home_person_key;
    insert into contribution -- the survivor's own voice, then the one that joins
    select target, 'Patient', t.number, r.source_record_key, r.source_time, r.inbox_id, r.marks,
           r.body
    from resource t, resource r
    where t.person_key = target and t.type = 'Patient' and r.type = 'Patient';
    select * into strict patient from resource r where r.person_key = target and r.type = 'Patient';
    perform proof.put(patient, source.source_record_key, null,
        proof.survive(target, 'Patient', patient.number), null, now());
end
$$;

select proof.move('S1', (select person_key from source_record where value = 'M1'));
select proof.expect('linked, the record of both is one person''s',
    (select count(*) from resource r join source_record s on s.value = 'M1'
     and s.person_key = r.person_key where r.type = 'Observation')::text, '2');
select proof.expect('linked, the survivor shows both contributions',
    proof.says('Patient', 'north M1')::text, '{"city": "Ames", "phone": "1"}');
select proof.expect('linked, the other''s resources name the new subject',
    proof.says('Observation', 'o2') ->> 'subject', 'north');
select proof.expect('linked, the index moved along',
    (select count(*) from index_token i join source_record s on s.value = 'M1'
     and s.person_key = i.person_key)::text, '2');
select proof.expect('what was said before is kept in the record it was about, and found from there',
    (select string_agg(h.version || ' ' || s.value, ',')
     from resource_history h join former_place f using (number, person_key)
     join source_record s on s.home_person_key = h.person_key)::text, '1 S1');
select proof.expect('the merged person points at the survivor',
    (select count(*) from person where replaced_by = (select person_key from source_record
     where value = 'M1'))::text, '1');

select proof.move('S1', (select home_person_key from source_record where value = 'S1'));
select proof.expect('an unlink restores every resource exactly', proof.picture(),
    (select picture from proof.before));
select proof.expect('nobody is left merged',
    (select count(*) from resource where merged)::text || (select count(*) from contribution)
    || (select count(*) from person where replaced_by is not null), '000');
select proof.expect('and every version of the way is kept',
    (select count(*) from provenance where type = 'Observation')::text, '4');
