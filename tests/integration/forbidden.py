"""Statements that a leased account of an operator may not run, by server."""

_BOTH = """
SELECT * FROM mysql.user
SELECT * FROM mysql.global_priv
SELECT * FROM performance_schema.threads
SELECT * FROM performance_schema.events_statements_history
SELECT * FROM sys.session
SELECT * FROM information_schema.innodb_trx
SHOW GRANTS FOR own_{farm}
SHOW CREATE USER own_{farm}
SHOW BINARY LOGS
SHOW ENGINE INNODB STATUS
CREATE DATABASE spy
USE mysql
CREATE TABLE spy (id INT)
CREATE TEMPORARY TABLE command (id INT)
CREATE VIEW spy AS SELECT * FROM task
CREATE DEFINER = 'own_{farm}'@'%' VIEW spy AS SELECT * FROM user_key
CREATE DEFINER = 'own_{farm}'@'%' TRIGGER spy BEFORE INSERT ON command FOR EACH ROW SET @a = 1
CREATE TRIGGER spy BEFORE INSERT ON command FOR EACH ROW SET NEW.issued_by = 'root'
DROP TRIGGER command_author
CREATE FUNCTION spy() RETURNS INT RETURN 1
CREATE FUNCTION spy RETURNS STRING SONAME 'spy.so'
CREATE DEFINER = 'own_{farm}'@'%' PROCEDURE spy() SELECT * FROM user_key
CREATE EVENT spy ON SCHEDULE EVERY 1 SECOND DO DELETE FROM task
GRANT ALL ON *.* TO CURRENT_USER()
GRANT `{farm}_superadmin` TO CURRENT_USER()
GRANT SELECT ON user_key TO `{farm}_operator`
REVOKE SELECT ON task FROM `{farm}_operator`
SET ROLE `{farm}_superadmin`
CREATE USER spy
CREATE ROLE spy
DROP USER own_{farm}
DROP ROLE `{farm}_operator`
RENAME USER CURRENT_USER() TO own_{farm}
ALTER USER own_{farm} IDENTIFIED BY 'x'
ALTER USER CURRENT_USER() REQUIRE NONE
SELECT * FROM task INTO OUTFILE '/tmp/farmdesk-spy'
SELECT 'x' INTO DUMPFILE '/tmp/farmdesk-spy'
LOAD DATA INFILE '/etc/passwd' INTO TABLE command (kind)
LOAD DATA LOCAL INFILE '/etc/hostname' INTO TABLE task (name)
FLUSH PRIVILEGES
FLUSH TABLES WITH READ LOCK
FLUSH TABLES task FOR EXPORT
SHUTDOWN
SET GLOBAL max_connections = 1
SET GLOBAL init_connect = 'DROP TABLE task'
SET GLOBAL event_scheduler = ON
SET GLOBAL general_log = ON
SET GLOBAL local_infile = ON
SET SESSION sql_log_bin = 0
ANALYZE TABLE task
OPTIMIZE TABLE task
REPAIR TABLE task
ALTER TABLE task FORCE
CALL mysql.AddGeometryColumn('a', 'b', 'c', 'd', 1)
DO (SELECT wrapped_private FROM user_key)
SELECT (SELECT identity FROM user_account LIMIT 1)
SELECT * FROM task WHERE EXISTS (SELECT 1 FROM session)
EXPLAIN SELECT * FROM user_key
SHOW CREATE TABLE user_key
SHOW COLUMNS FROM user_key
DESCRIBE user_key
SHOW INDEX FROM user_key
CHECKSUM TABLE user_key
HANDLER user_key OPEN
PREPARE spy FROM 'SELECT * FROM user_key'
CREATE SERVER spy FOREIGN DATA WRAPPER mysql OPTIONS (USER 'x')
INSTALL PLUGIN spy SONAME 'spy.so'
GRANT PROXY ON 'own_{farm}'@'%' TO CURRENT_USER()
ALTER USER CURRENT_USER() WITH MAX_USER_CONNECTIONS 0
ALTER USER CURRENT_USER() ACCOUNT UNLOCK
LOAD XML INFILE '/etc/passwd' INTO TABLE command
SET SESSION pseudo_thread_id = 1
SET SESSION binlog_format = 'STATEMENT'
SHOW CREATE TRIGGER command_author
SHOW BINLOG EVENTS
PURGE BINARY LOGS BEFORE NOW()
FLUSH USER_RESOURCES
WITH spy AS (SELECT * FROM user_key) SELECT * FROM spy
""".strip().splitlines()  # fmt: skip

_ONLY = {
    "mariadb": """
INSTALL SONAME 'spy'
SET DEFAULT ROLE `{farm}_superadmin`
SET PASSWORD FOR own_{farm} = PASSWORD('x')
BACKUP STAGE START
SET STATEMENT sql_log_bin = 0 FOR INSERT INTO command (kind, body) VALUES ('x', '{}')
CHANGE MASTER TO MASTER_HOST = 'spy'
EXECUTE IMMEDIATE 'UPDATE task SET owner = ''me'''
BEGIN NOT ATOMIC SELECT * FROM user_key; END
""",
    "mysql": """
SET PERSIST max_connections = 1
INSTALL COMPONENT 'file://component_spy'
CLONE LOCAL DATA DIRECTORY = '/tmp/farmdesk-spy'
CHANGE REPLICATION SOURCE TO SOURCE_HOST = 'spy'
SHOW BINARY LOG STATUS
RESET BINARY LOGS AND GTIDS
LOCK INSTANCE FOR BACKUP
ALTER INSTANCE RELOAD TLS
ALTER INSTANCE DISABLE INNODB REDO_LOG
CREATE TABLESPACE spy ADD DATAFILE 'spy.ibd'
CREATE RESOURCE GROUP spy TYPE = USER
IMPORT TABLE FROM '/tmp/spy.sdi'
RESTART
ALTER USER CURRENT_USER() IDENTIFIED BY 'x' RETAIN CURRENT PASSWORD
ALTER USER CURRENT_USER() IDENTIFIED WITH mysql_native_password BY 'x'
ALTER USER CURRENT_USER() DEFAULT ROLE `{farm}_superadmin`
SET PASSWORD FOR own_{farm} = 'x'
SHOW GRANTS FOR `{farm}_superadmin`
SHOW GRANTS FOR CURRENT_USER() USING `{farm}_superadmin`
SELECT * FROM information_schema.innodb_tables
SELECT * FROM performance_schema.data_locks
SELECT * FROM performance_schema.user_variables_by_thread
TABLE user_key
EXPLAIN ANALYZE SELECT * FROM user_key
SELECT * FROM task FOR UPDATE
""",
}  # fmt: skip

_SEND = "INSERT INTO command (kind, body, issued_by, issued_at) VALUES "
_NO_COMMAND = [
    "INSERT INTO command (id, kind, body) VALUES (9, 'k', '{}')",
    "INSERT INTO command (kind, body, answered_at) VALUES ('k', '{}', NULL)",
    "INSERT INTO command (kind, body, applied) VALUES ('k', '{}', 1)",
    "INSERT INTO command (kind, body, text) VALUES ('k', '{}', 'done')",
    "INSERT INTO command (kind, body, task_id) VALUES ('k', '{}', 1)",
    "INSERT INTO command VALUES (9, 'k', '{}', '', NULL, NULL, NULL, NULL, NULL, NULL)",
    _SEND + "('k', '{}', '', NULL) ON DUPLICATE KEY UPDATE applied = 1",
    "REPLACE INTO command (kind, body) VALUES ('k', '{}')",
    _SEND + "('k', 'no JSON', '', NULL)",
    _SEND + "('k', NULL, '', NULL)",
    _SEND + "(NULL, '{}', '', NULL)",
    _SEND + "('k', CONCAT('[\"', REPEAT('x', 16000000), '\"]'), '', NULL)",
    "INSERT IGNORE INTO command (kind, body) VALUES (NULL, NULL), ('k', 'no JSON')",
]


def hinted(setting: str, insert: str) -> str:
    """Give an insert for which MySQL changes a setting of the session."""
    return insert.replace("INSERT", f"INSERT /*+ SET_VAR({setting}) */")


_NO_COMMAND_ONLY = {
    "mariadb": [
        _SEND + "('k', '{}', '', NULL) RETURNING (SELECT identity FROM user_account LIMIT 1)",
        "SET STATEMENT insert_id = 9 FOR " + _SEND + "('k', '{}', '', NULL)",
    ],
    "mysql": [
        _SEND + "('k', '{}', '', NULL) AS new ON DUPLICATE KEY UPDATE applied = 1",
        hinted("insert_id = 9", _SEND + "('k', '{}', '', NULL)"),
        "INSERT INTO command (kind, body, issued_by, issued_at) TABLE user_key",
    ],
}


def refused(server: str, farm: str) -> list[str]:
    """Give what a shell may not, on the server of this name."""
    return [line.replace("{farm}", farm) for line in (*_BOTH, *_ONLY[server].strip().splitlines())]


def no_commands(server: str) -> list[str]:
    """Give inserts that are no plain command."""
    return [*_NO_COMMAND, *_NO_COMMAND_ONLY[server]]
