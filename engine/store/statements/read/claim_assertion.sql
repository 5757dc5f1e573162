-- Claims an assertion: $1 bytea digest, $2 timestamptz until when it would be taken, $3 timestamptz
-- now (real time). One row where nobody has shown it before, else none. A claim of the same digest
-- that is under way is waited for. Some of those that have expired are cleared away.
with gone as (
    delete from used_assertion
    where digest in (select digest from used_assertion
                     where expires < $3::timestamptz and digest <> $1::bytea
                     order by expires limit 16
                     for update skip locked)
)
insert into used_assertion as u (digest, expires)
values ($1::bytea, $2::timestamptz)
on conflict (digest) do update set expires = excluded.expires where u.expires < $3::timestamptz
returning 1
