-- What the engine does in C, in the least SQL that shows it, so that the shape of the database can
-- be proved without the engine. Stand-ins, and so said:
--   * SHA-256 of a plain text for the HMAC of fhir/id; its first 26 hex digits for the id
--   * bodies are jsonb and merged by top-level element (pipeline/contribution merges FHIR paths and
--     list entries by the rule that wrote them); marks hold the source time of each element, and
--     that it was cleared
--   * meta is left out of the bodies
-- Everything else is the schema itself: its keys, its locks, its constraints.

create schema proof;
create sequence proof.number start with 1000;

create function proof.digest(key text) returns bytea
language sql immutable return sha256(convert_to(key, 'UTF8'));
create function proof.id_of(key text) returns text
language sql immutable return left(encode(proof.digest(key), 'hex'), 26);

create function proof.expect(sentence text, got text, wanted text) returns text
language plpgsql as $$
begin
    if got is distinct from wanted then
        raise exception 'not so: % (got %, wanted %)', sentence, got, wanted;
    end if;
    return 'ok ' || sentence;
end
$$;

-- Returns when another session waits for this transaction; gives up after ten seconds.
create function proof.wait_for_waiter() returns void language plpgsql as $$
begin
    for turn in 1..500 loop
        perform 1 from pg_stat_activity a where pg_backend_pid() = any (pg_blocking_pids(a.pid));
        if found then
            return;
        end if;
        perform pg_sleep(0.02);
        perform pg_stat_clear_snapshot();
    end loop;
    raise exception 'nobody came to wait';
end
$$;

-- Replaces what the same source said before, unless that was said later.
create function proof.overlay(inout body jsonb, inout marks jsonb, said jsonb, clears text[],
                              moment timestamptz)
language plpgsql as $$
declare
    element text;
begin
    for element in select jsonb_object_keys(said) union select unnest(clears) loop
        continue when (marks -> element ->> 'time')::timestamptz > moment;
        body := body - element;
        if said ? element then
            body := body || jsonb_build_object(element, said -> element);
        end if;
        marks := marks || jsonb_build_object(element, jsonb_build_object('time', moment));
    end loop;
end
$$;

-- The newest source time wins for each element; a cleared one does not compete.
create function proof.survive(person bigint, kind text, resource bigint) returns jsonb
language sql as $$
    select coalesce(jsonb_object_agg(element, value), '{}') from (
        select distinct on (e.key) e.key as element, e.value
        from contribution c, jsonb_each(c.body::jsonb) e
        where c.person_key = person and c.type = kind and c.number = resource
        order by e.key, (c.marks::jsonb -> e.key ->> 'time')::timestamptz desc
    ) newest
$$;

-- The person of a source record; makes both where they are new. Two sessions that make the same one
-- meet in the unique record number.
create function proof.source(site text, record text, moment timestamptz,
                             out source bigint, out person bigint)
language plpgsql as $$
declare
    made bigint := nextval('proof.number');
begin
    insert into source_record
    values (nextval('proof.number'), site, 'urn:' || site, record, made, made,
            proof.id_of('Patient ' || site || ' ' || record), moment)
    on conflict do nothing;
    select s.source_record_key, s.person_key into strict source, person
    from source_record s where s.site = source.site and s.value = record;
    if person = made then
        insert into person
        values (made, proof.id_of('Patient ' || site || ' ' || record), null, moment);
    end if;
    perform 1 from person p where p.person_key = person for no key update;
end
$$;

-- Writes one resource of one message; returns its id.
create function proof.write(source bigint, person bigint, message bigint, kind text, keys text[],
                            said jsonb, clears text[], moment timestamptz) returns text
language plpgsql as $$
declare
    found_id text;
    now_there resource;
    own contribution;
    fresh_body jsonb := '{}';
    fresh_marks jsonb := '{}';
begin
    select k.id into found_id from unnest(keys) with ordinality as named (key, place)
    join resource_key k on k.digest = proof.digest(kind || ' ' || named.key)
    order by named.place limit 1;

    if found_id is null then
        found_id := proof.id_of(kind || ' ' || keys[1]);
        select * into fresh_body, fresh_marks from proof.overlay('{}', '{}', said, clears, moment);
        insert into resource_place values (kind, found_id, false, person, nextval('proof.number'));
        insert into resource
        select person, kind, p.number, found_id, 1, now(), false, false, source, moment, message,
               0, '', sha256(convert_to(fresh_body::text, 'UTF8')), fresh_marks::text,
               fresh_body::text
        from resource_place p where p.type = kind and p.id = found_id;
    end if;
    insert into resource_key
    select proof.digest(kind || ' ' || key), kind, found_id from unnest(keys) key
    on conflict do nothing;

    select r.* into strict now_there from resource_place p join resource r using (type, number)
    where p.type = kind and p.id = found_id and r.person_key = p.person_key;
    if not now_there.merged and now_there.source_record_key = source then
        select * into fresh_body, fresh_marks from proof.overlay(
            now_there.body::jsonb, now_there.marks::jsonb, said, clears, moment);
    else
        -- the second voice: from here on each source's contribution is kept
        if not now_there.merged then
            insert into contribution
            values (now_there.person_key, kind, now_there.number, now_there.source_record_key,
                    now_there.source_time, now_there.inbox_id, now_there.marks, now_there.body);
        end if;
        select c.* into own from contribution c
        where c.person_key = now_there.person_key and c.type = kind
          and c.number = now_there.number and c.source_record_key = source;
        select * into fresh_body, fresh_marks from proof.overlay(
            coalesce(own.body, '{}')::jsonb, coalesce(own.marks, '{}')::jsonb, said, clears,
            moment);
        insert into contribution
        values (now_there.person_key, kind, now_there.number, source, moment, message,
                fresh_marks::text, fresh_body::text)
        on conflict (person_key, type, number, source_record_key) do update
        set body = excluded.body, marks = excluded.marks,
            source_time = greatest(contribution.source_time, excluded.source_time);
        fresh_body := proof.survive(now_there.person_key, kind, now_there.number);
        fresh_marks := null;
    end if;
    perform proof.put(now_there, source, message, fresh_body, fresh_marks, moment);
    return found_id;
end
$$;

-- The next version, unless nothing changed. A move has kept the one before already.
create function proof.put(now_there resource, source bigint, message bigint, fresh_body jsonb,
                          fresh_marks jsonb, moment timestamptz) returns void
language plpgsql as $$
declare
    hash bytea := sha256(convert_to(fresh_body::text, 'UTF8'));
begin
    if hash <> now_there.content_hash and not exists (
        select 1 from resource_history h
        where h.type = now_there.type and h.number = now_there.number
          and h.version = now_there.version
    ) then
        insert into resource_history
        values (now_there.person_key, now_there.type, now_there.number, now_there.id,
                now_there.version, now_there.last_updated, now_there.deleted,
                now_there.source_record_key, now_there.source_time, now_there.inbox_id,
                now_there.body);
    end if;
    update resource r
    set version = r.version + (hash <> now_there.content_hash)::integer,
        body = fresh_body::text, content_hash = hash, marks = fresh_marks::text,
        merged = fresh_marks is null, source_record_key = source, inbox_id = message,
        source_time = greatest(r.source_time, moment)
    where r.person_key = now_there.person_key and r.type = now_there.type
      and r.number = now_there.number
      and (hash <> now_there.content_hash or fresh_marks is null <> r.merged
           or fresh_marks::text <> r.marks);
end
$$;

-- One message: claims its key, then writes its resources. 'accepted', 'duplicate' or 'conflict'.
-- parts: [{"type":..,"keys":[..],"says":{..},"clears":[..]}]
create function proof.receive(feed text, control text, content text, site text, record text,
                              moment timestamptz, parts jsonb) returns text
language plpgsql as $$
declare
    message bigint := nextval('proof.number');
    known message_key;
    who record;
begin
    insert into message_key
    values (feed, 'APP', site::bytea, control::bytea, proof.digest(content), true, now(), message)
    on conflict do nothing;
    select * into strict known from message_key k
    where k.feed = receive.feed and k.sending_application = 'APP'
      and k.sending_facility = site::bytea and k.control_id = control::bytea;
    if known.inbox_id <> message then
        return case when known.content_hash = proof.digest(content) then 'duplicate'
               else 'conflict' end;
    end if;
    insert into inbox
    values (message, now(), feed, control::bytea, 'ADT^A08', 'accepted', 0, '\x00',
            proof.digest(content), content::bytea, 'AA');
    select * into who from proof.source(site, record, moment);
    perform proof.write(who.source, who.person, message, part ->> 'type',
                        array(select jsonb_array_elements_text(part -> 'keys')), part -> 'says',
                        array(select jsonb_array_elements_text(part -> 'clears')), moment)
    from jsonb_array_elements(parts) part;
    insert into marked_person values (who.person, now(), now())
    on conflict (person_key) do update set marked = excluded.marked;
    return 'accepted';
end
$$;

-- A Patient's current version as one source left it.
create function proof.says(kind text, key text) returns jsonb language sql as $$
    select r.body::jsonb from resource_key k join resource_place p using (type, id)
    join resource r using (person_key, type, number)
    where k.digest = proof.digest(kind || ' ' || key)
$$;
create function proof.version(kind text, key text) returns integer language sql as $$
    select r.version from resource_key k join resource_place p using (type, id)
    join resource r using (person_key, type, number)
    where k.digest = proof.digest(kind || ' ' || key)
$$;
