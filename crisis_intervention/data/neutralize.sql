-- a copy for tests asks nobody to answer an alarm
UPDATE crisis_emergency_alert
   SET date_acknowledged = now() AT TIME ZONE 'UTC'
 WHERE date_acknowledged IS NULL;

-- nor does it write to anybody, should somebody enter a mail server
UPDATE mail_mail
   SET state = 'cancel'
 WHERE state IN ('outgoing', 'exception');
