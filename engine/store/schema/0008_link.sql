-- Moving rows from one person to another.

-- Moves resources, with their contributions and index rows. The version at hand goes to the history
-- of the person it is about, and the history stays there. The caller holds the locks of both persons
-- and writes a new version of each, which is the target's.
create function move_resources(origin bigint, target bigint, moving bigint[]) returns void
language sql as $$
    insert into resource_history
        (person_key, type, number, id, version, last_updated, deleted, source_record_key,
         source_time, inbox_id, body)
    select r.person_key, r.type, r.number, r.id, r.version, r.last_updated, r.deleted,
           r.source_record_key, r.source_time, r.inbox_id, r.body
    from resource r where r.person_key = origin and r.number = any (moving);
    insert into former_place (number, person_key)
    select r.number, origin from resource r
    where r.person_key = origin and r.number = any (moving)
    on conflict do nothing;
    update resource set person_key = target where person_key = origin and number = any (moving);
    update contribution set person_key = target
    where person_key = origin and number = any (moving);
    update index_token set person_key = target where person_key = origin and number = any (moving);
    update index_reference set person_key = target
    where person_key = origin and number = any (moving);
    update index_date set person_key = target where person_key = origin and number = any (moving);
    update index_string set person_key = target where person_key = origin and number = any (moving);
    update index_quantity set person_key = target
    where person_key = origin and number = any (moving);
    update resource_place p set person_key = target from resource r
    where r.person_key = target and r.number = any (moving) and p.type = r.type and p.id = r.id;
$$;

-- Linking and unlinking: everything that came from one source record alone goes from the person it
-- belongs to now to `target`. Lists the resources that need a new version, which the caller writes:
-- those that were moved (new subject), and those it contributed to together with others (merged =
-- true; they stay, and the caller computes them again with or without it). A Patient never moves:
-- its id is that of its first source record, for ever, so it stays with that person and only its
-- contribution counts elsewhere.
create function move_source_record(record bigint, target bigint)
returns table (type text, id text, number bigint, merged boolean)
language plpgsql as $$
#variable_conflict use_column
declare
    origin bigint;
    moving bigint[];
begin
    select s.person_key into strict origin from source_record s where s.source_record_key = record
    for update;
    if origin = target or origin = 0 or target <= 0 then
        raise exception 'cannot move a source record there' using errcode = 'P0002';
    end if;
    update source_record set person_key = target where source_record_key = record;

    select coalesce(array_agg(r.number), '{}') into moving from resource r
    where r.person_key = origin and r.source_record_key = record and not r.merged
      and r.type <> 'Patient';
    perform move_resources(origin, target, moving);

    return query
    select r.type, r.id, r.number, false from resource r
    where r.person_key = target and r.number = any (moving)
    union all
    select r.type, r.id, r.number, true
    from contribution c join resource r using (person_key, type, number)
    where c.person_key = origin and c.source_record_key = record
    order by 1, 2;
end
$$;
