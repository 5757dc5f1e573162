-- A setting that lives in the database: $1 text name, $2 text value.
insert into instance_setting (name, value) values ($1::text, $2::text)
on conflict (name) do update set value = excluded.value
