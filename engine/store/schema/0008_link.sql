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
    where r.person_key = target and r.number = any (moving) and p.number = r.number
      and p.type = r.type and p.id = r.id;
    update consent_rule set person_key = target
    where person_key = origin and number = any (moving);
$$;
