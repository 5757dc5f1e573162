-- Writes a seal: $1 bigint its number, $2 timestamptz now by the real clock, $3 text the token.
-- Another engine's seal of that number wins.
insert into audit_seal (seal, sealed, token) select $1::bigint, $2::timestamptz, $3::text
