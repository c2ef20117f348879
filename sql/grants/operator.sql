-- An operator reads the farm and sends commands, and sees by whom commands are. Nothing else.

GRANT SELECT ON farm_counter TO `{farm}_operator`;

GRANT SELECT ON task TO `{farm}_operator`;

GRANT SELECT ON task_frames TO `{farm}_operator`;

GRANT SELECT ON frame TO `{farm}_operator`;

GRANT SELECT ON node TO `{farm}_operator`;

GRANT SELECT ON node_slot TO `{farm}_operator`;

GRANT SELECT ON log TO `{farm}_operator`;

GRANT SELECT ON urgent_request TO `{farm}_operator`;

GRANT SELECT ON urgent_consent TO `{farm}_operator`;

GRANT SELECT ON message TO `{farm}_operator`;

GRANT SELECT ON transfer TO `{farm}_operator`;

GRANT SELECT ON command TO `{farm}_operator`;

GRANT INSERT (kind, body, issued_by, issued_at) ON command TO `{farm}_operator`;

GRANT SELECT (account, user_id) ON db_lease TO `{farm}_operator`;

GRANT SELECT (id, login) ON user_account TO `{farm}_operator`;
