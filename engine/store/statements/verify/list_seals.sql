-- Seals of the audit above number $1 bigint, at most $2 bigint. Columns: seal, sealed, token.
select seal, sealed, token from audit_seal where seal > $1::bigint order by seal limit $2::bigint
