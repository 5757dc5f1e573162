-- What messages wait for: $1 bigint[] inbox ids, $2 text[] causes, $3 text[] kinds, $4 text[] rules,
-- $5 text[] places, $6 text[] code tables, $7 text[] codes, $8 text[] code systems.
insert into held_cause (inbox_id, cause, kind, rule, place, code_table, code, code_system)
select unnest($1::bigint[]), unnest($2::text[]), unnest($3::text[]), unnest($4::text[]),
       unnest($5::text[]), unnest($6::text[]), unnest($7::text[]), unnest($8::text[])
on conflict do nothing
