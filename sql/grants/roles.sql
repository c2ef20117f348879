-- The roles of the staff, without rights. Both are emptied before either is filled: MariaDB cannot
-- revoke what a role has through another one.

CREATE ROLE IF NOT EXISTS `{farm}_operator`;

CREATE ROLE IF NOT EXISTS `{farm}_superadmin`;

REVOKE ALL PRIVILEGES, GRANT OPTION FROM `{farm}_operator`;

REVOKE ALL PRIVILEGES, GRANT OPTION FROM `{farm}_superadmin`;
