-- Seals of the audit: at least every minute, when there are new rows, the heads of the chains that
-- grew, signed with a key that is not in the database. Seals are a chain themselves: each names the
-- SHA-256 of the one before. `token` is a JWS; what it says is in pipeline/audit_seal.h.
create table audit_seal (
    seal bigint primary key,                -- from 1, without gaps
    sealed timestamptz not null,            -- always the real clock
    token text compression lz4 collate "C" not null
);

-- The judge's process seals; who writes the rows cannot.
grant select on audit_seal
to painbridge_door, painbridge_judge, painbridge_courier, painbridge_reader;
grant insert on audit_seal to painbridge_judge;
