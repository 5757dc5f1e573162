-- The last seal of the audit; columns: seal, sealed, token.
select seal, sealed, token from audit_seal order by seal desc limit 1
