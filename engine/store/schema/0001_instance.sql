-- What the database knows of itself: which migrations it has seen, the settings that live here (the
-- test clock among them), the numbers it gives out, and its months.

create table schema_version (
    version integer primary key,
    name text not null,
    digest bytea not null,                  -- SHA-256 of the file that was run
    applied timestamptz not null default now()
);

create table instance_setting (
    name text collate "C" primary key,
    value text not null
);

-- One number space for messages, persons, source records and resources: no number means two things.
-- A value v stands for the block v .. v + 65535, which the engine that drew it gives out by itself;
-- what is left of a block when an engine ends is never used. 2^63 / 65536 blocks are enough for
-- 4,000 years of 1,000 starts a second.
create sequence number_block as bigint increment by 65536 minvalue 1 start with 65536;

-- Inbox and audit are partitioned by month (UTC). Makes the partitions of the month of `moment` and
-- of the next one; what is there already stays. Runs with the owner's rights, so that a door can
-- call it and still cannot make tables of its own.
create function ensure_partitions(moment timestamptz) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    parent text;
    first date;
    partition text;
begin
    perform pg_advisory_xact_lock(hashtext('ensure_partitions'));
    foreach parent in array array['inbox', 'audit'] loop
        for ahead in 0..1 loop
            first := date_trunc('month', moment at time zone 'UTC')
                     + make_interval(months => ahead);
            partition := format('%s_%s', parent, to_char(first, 'YYYY_MM'));
            continue when to_regclass(partition) is not null;
            execute format('create table %I partition of %I for values from (%L) to (%L)',
                           partition, parent,
                           to_char(first, 'YYYY-MM-DD') || ' 00:00:00+00',
                           to_char(first + interval '1 month', 'YYYY-MM-DD') || ' 00:00:00+00');
        end loop;
    end loop;
end
$$;

-- Fails the transaction as one that lost a race when a statement did not change what it was to
-- change: somebody else was faster than a row's expected version.
create function confirm_rows(changed bigint, wanted integer) returns boolean
language plpgsql immutable as $$
begin
    if changed <> wanted then
        raise exception 'changed % rows, not %', changed, wanted using errcode = '40001';
    end if;
    return true;
end
$$;
