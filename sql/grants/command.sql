-- Who sent a command, and when, is not for a leased account to say.
--
-- USER() is what the client logged in as, in a trigger too; a name may hold an @, so it is cut at
-- the last one. NOW() could be set by the session, SYSDATE() cannot; its zone is told back.
-- A session may also choose the next number of a row (insert_id): with the highest one there is, it
-- would stop everybody's commands. A chosen 0 is seen after the insert only, and only MySQL takes it.
-- And a session may switch MariaDB's check of JSON off.

LOCK TABLES command WRITE;

DROP TRIGGER IF EXISTS command_author;

DROP TRIGGER IF EXISTS command_number;

CREATE TRIGGER command_author BEFORE INSERT ON command FOR EACH ROW
IF LEFT(USER(), 3) = 'fl_' THEN
    IF @@session.insert_id <> 0 THEN
        SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'a command cannot choose its number';
    END IF;
    IF NEW.kind IS NULL OR NOT COALESCE(JSON_VALID(NEW.body), 0) THEN
        SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'this is no command';
    END IF;
    IF LENGTH(NEW.body) > 16000000 THEN
        SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'the command is too long';
    END IF;
    SET NEW.issued_by = LEFT(USER(), CHAR_LENGTH(USER()) - LOCATE('@', REVERSE(USER())));
    SET NEW.issued_at = CONVERT_TZ(SYSDATE(6), @@session.time_zone, '+00:00');
END IF;

CREATE TRIGGER command_number AFTER INSERT ON command FOR EACH ROW
IF LEFT(USER(), 3) = 'fl_' AND NEW.id = 0 THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'a command cannot choose its number';
END IF;

UNLOCK TABLES;
