"""Statements that choose the reminders due and write their rows: each for some readers, all that is due to them.

A step is due from the day that lies its days before the last day, unless that day had come when the seats were sold, or
the seat assigned. Of several due the smallest is told, the others never: days on which nothing ran leave no reminder
that is no longer so, and none is told late after a later one. A reader who was reminded today waits until tomorrow.
"""

# Days before the last day that an entry may name at most: what lies further ahead is not looked at.
MOST_DAYS = 180

# The smallest step due for each date in `ends`, which has the columns subject, batch_id, since and ends_at.
STEPS = """
    SELECT ends.*, step.days FROM ends
    JOIN enrolments_seatbatch batch ON batch.id = ends.batch_id
    CROSS JOIN LATERAL (
        SELECT min(days) AS days FROM unnest(batch.remind_days) AS each (days)
        CROSS JOIN LATERAL (
            SELECT ((ends.ends_at - interval '1 microsecond') AT TIME ZONE %(zone)s)::date - days AS first_day
        ) AS due
        WHERE due.first_day <= %(today)s AND due.first_day > (ends.since AT TIME ZONE %(zone)s)::date
    ) AS step
    WHERE step.days IS NOT NULL
"""

# Free seats of packs whose validity ends, by batch and end; sessions with seats to fill, by their first day, and once
# that has passed, by their last. For each owner and operator of the account.
TO_OPERATORS = """
WITH ends AS (
    SELECT 'seats' AS kind, batch.id AS batch_id, batch.sold_at AS since, batch.valid_until AS ends_at
    FROM enrolments_seatbatch batch
    WHERE batch.valid_until > %(now)s AND batch.valid_until <= %(horizon)s AND EXISTS (
        SELECT 1 FROM enrolments_seat seat
        WHERE seat.batch_id = batch.id AND seat.state = 'available' AND seat.valid_until IS NULL
    )
    UNION
    SELECT 'seats', batch.id, batch.sold_at, seat.valid_until
    FROM enrolments_seat seat JOIN enrolments_seatbatch batch ON batch.id = seat.batch_id
    WHERE seat.valid_until > %(now)s AND seat.valid_until <= %(horizon)s AND seat.state = 'available'
    UNION
    SELECT 'blanks', batch.id, greatest(batch.sold_at, session.since),
        (session.day + 1)::timestamp AT TIME ZONE %(zone)s
    FROM enrolments_course course JOIN enrolments_seatbatch batch ON batch.course_id = course.id
    CROSS JOIN LATERAL (
        SELECT course.first_day AS day, NULL AS since WHERE course.first_day >= %(today)s
        UNION ALL
        SELECT course.last_day, course.first_day::timestamp AT TIME ZONE %(zone)s
        WHERE course.first_day IS NULL OR course.first_day < %(today)s
    ) AS session
    WHERE session.day BETWEEN %(today)s AND %(today)s + %(most)s AND EXISTS (
        SELECT 1 FROM enrolments_seat seat WHERE seat.batch_id = batch.id AND seat.state = 'available'
    )
), steps AS ({steps}), due AS (
    SELECT steps.*, batch.account_id, member.user_id FROM steps
    JOIN enrolments_seatbatch batch ON batch.id = steps.batch_id
    JOIN accounts_membership member ON member.account_id = batch.account_id AND ({roles})
        AND member.wants_reminders
    JOIN accounts_user person ON person.id = member.user_id AND person.is_active
    WHERE NOT EXISTS (
        SELECT 1 FROM enrolments_reminder told
        WHERE told.user_id = member.user_id AND told.batch_id = batch.id AND told.kind = steps.kind
            AND told.ends_at = steps.ends_at AND told.days <= steps.days
    ) AND NOT EXISTS (
        SELECT 1 FROM enrolments_reminder today JOIN enrolments_seatbatch other ON other.id = today.batch_id
        WHERE today.user_id = member.user_id AND today.sent_on = %(today)s AND other.account_id = batch.account_id
    )
), readers AS (
    SELECT DISTINCT user_id, account_id FROM due ORDER BY user_id, account_id LIMIT %(limit)s
)
INSERT INTO enrolments_reminder (kind, user_id, batch_id, ends_at, days, sent_on)
SELECT kind, user_id, batch_id, ends_at, days, %(today)s FROM due JOIN readers USING (user_id, account_id)
ORDER BY user_id, batch_id, kind, ends_at, days
ON CONFLICT DO NOTHING
RETURNING id
"""

# Assigned seats of courses that have begun for their people, by the day to enter by or the end of the enrolment.
# Those that were extended may end long after their own ground.
TO_LEARNERS = """
WITH soon AS (
    SELECT id FROM enrolments_seat
    WHERE state = 'assigned' AND enter_before > %(now)s AND enter_before <= %(horizon)s
    UNION
    SELECT seat_id FROM enrolments_ground
    WHERE kind = 'seat' AND ended_at IS NULL AND ends_at > %(now)s AND ends_at <= %(horizon)s
    UNION
    SELECT seat_id FROM enrolments_seatextension WHERE ended_at IS NULL AND days IS NOT NULL
), ends AS (
    SELECT seat.id AS seat_id, seat.batch_id, seat.assigned_at AS since, seat.person_id AS user_id, seat.account_id,
        least(seat.enter_before, enrolment.ends_at) AS ends_at
    FROM soon JOIN enrolments_seat seat ON seat.id = soon.id AND seat.state = 'assigned'
    JOIN enrolments_enrolment enrolment ON enrolment.id = seat.enrolment_id AND enrolment.starts_at <= %(now)s
    JOIN accounts_user person ON person.id = seat.person_id AND person.is_active
    WHERE least(seat.enter_before, enrolment.ends_at) > %(now)s
), steps AS ({steps}), due AS (
    SELECT * FROM steps
    WHERE NOT EXISTS (
        SELECT 1 FROM enrolments_reminder told
        WHERE told.user_id = steps.user_id AND told.seat_id = steps.seat_id AND told.ends_at = steps.ends_at
            AND told.days <= steps.days
    ) AND NOT EXISTS (
        SELECT 1 FROM enrolments_reminder today JOIN enrolments_seat other ON other.id = today.seat_id
        WHERE today.user_id = steps.user_id AND today.sent_on = %(today)s AND other.account_id = steps.account_id
    )
), readers AS (
    SELECT DISTINCT user_id, account_id FROM due ORDER BY user_id, account_id LIMIT %(limit)s
)
INSERT INTO enrolments_reminder (kind, user_id, seat_id, ends_at, days, sent_on)
SELECT 'entry', user_id, seat_id, ends_at, days, %(today)s FROM due JOIN readers USING (user_id, account_id)
ORDER BY user_id, seat_id, ends_at, days
ON CONFLICT DO NOTHING
RETURNING id
"""
