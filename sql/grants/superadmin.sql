-- A superadmin also reads who is who and who did what; never what opens anything.

GRANT `{farm}_operator` TO `{farm}_superadmin`;

GRANT SELECT (id, login, role, state, name, department, contact, quota_bytes, created_at,
    decided_by, decided_at, reason) ON user_account TO `{farm}_superadmin`;

GRANT SELECT (user_id, version, fingerprint, public_pem, state, made_at, ended_at)
    ON user_key TO `{farm}_superadmin`;

GRANT SELECT (id, user_id, kind, handover_key, made_at, approved, decided_by, decided_at, reason,
    collected_at) ON application TO `{farm}_superadmin`;

GRANT SELECT (user_id, fingerprint, address, made_at, seen_at, until)
    ON session TO `{farm}_superadmin`;

GRANT SELECT (account, user_id, made_at, until, ended_at, dropped_at)
    ON db_lease TO `{farm}_superadmin`;

GRANT SELECT ON audit TO `{farm}_superadmin`;

GRANT SELECT ON audit_head TO `{farm}_superadmin`;
