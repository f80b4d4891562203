"""Rules that hold in the database after every step, written in SQL that calls no code under test.

Each statement finds the rows that break one rule. The rules stand beside the services on purpose: a person who changes
a rule of the domain changes it here as well.
"""

from __future__ import annotations

from functools import cache

from django.apps import apps
from django.db import connection

from accounts.security_log.models import SecurityEvent

# Lines that make seats, with the number of seats per unit and of units at delivery. A unit given back before the
# delivery makes none.
SEATS_DUE = """
    SELECT line.id AS line_id, line.status, line.order_id,
        CASE line.handler
            WHEN 'std_generateseats' THEN coalesce((line.parameters ->> 'packsize')::int, 1)
            WHEN 'std_setuponecoursesession' THEN 1
            ELSE 0
        END AS pack,
        (
            SELECT count(*) FROM shop_orderunit unit
            WHERE unit.line_id = line.id AND line.fulfilled_at IS NOT NULL
                AND (unit.given_back_at IS NULL OR unit.given_back_at > line.fulfilled_at)
        ) AS units_delivered,
        (
            SELECT count(*) FROM enrolments_seat seat JOIN enrolments_seatbatch batch ON batch.id = seat.batch_id
            WHERE batch.line_id = line.id
        ) AS seats
    FROM shop_orderline line
"""

# Each unit given back, from rows that name ranges of units.
GIVEN_BACK = """
    SELECT given.line_id, index, given.at FROM shop_givingback given,
        generate_series(given.first_index, given.last_index) index
"""

LIVE_GROUND = "SELECT * FROM enrolments_ground WHERE ended_at IS NULL"

# Places taken in a course by people, seats, holds and offers, counted without the code that counts them.
PLACES = """
    SELECT course.id, course.capacity,
        (
            SELECT count(DISTINCT enrolment.user_id) FROM enrolments_enrolment enrolment
            WHERE enrolment.course_id = course.id AND enrolment.closed_at IS NULL AND EXISTS (
                SELECT 1 FROM enrolments_role role WHERE role.id = enrolment.role_id AND role.kind <> 'supervisor'
            )
        )
        + (SELECT count(*) FROM enrolments_seat seat WHERE seat.course_id = course.id AND seat.keeps_place)
        + (
            SELECT coalesce(sum(hold.places), 0) FROM enrolments_placehold hold
            WHERE hold.course_id = course.id AND hold.released_at IS NULL
        )
        + (
            SELECT coalesce(sum(offer.places - offer.taken), 0) FROM enrolments_waitingplace offer
            WHERE offer.course_id = course.id AND offer.state = 'offered'
        ) AS taken
    FROM enrolments_course course
"""

BROKEN_BY: dict[str, str] = {
    # Seats -----------------------------------------------------------------------------------------------------------
    "a line has as many seats as were delivered": f"""
        SELECT line_id, seats, units_delivered * pack FROM ({SEATS_DUE}) due WHERE seats <> units_delivered * pack
    """,
    "only a line that was delivered has seats": f"""
        SELECT line_id, status, seats FROM ({SEATS_DUE}) due WHERE seats > 0 AND status IN ('pending', 'failed')
    """,
    "a unit given back has no seat, nor one that can come back": f"""
        SELECT unit.id, seat.id, seat.state FROM enrolments_seat seat JOIN shop_orderunit unit ON unit.id = seat.unit_id
            JOIN ({GIVEN_BACK}) gone ON gone.line_id = unit.line_id AND gone.index = unit.index
        WHERE seat.state <> 'revoked'
    """,
    "only what was given back is revoked": f"""
        SELECT unit.id, seat.id FROM enrolments_seat seat JOIN shop_orderunit unit ON unit.id = seat.unit_id
            LEFT JOIN ({GIVEN_BACK}) gone ON gone.line_id = unit.line_id AND gone.index = unit.index
        WHERE gone.at IS NULL AND seat.state = 'revoked'
    """,
    "a seat's row and index tell of the same unit of its line": """
        SELECT seat.id, seat.unit_index, unit.index, batch.line_id, unit.line_id
        FROM enrolments_seat seat
            JOIN enrolments_seatbatch batch ON batch.id = seat.batch_id
            LEFT JOIN shop_orderunit unit ON unit.id = seat.unit_id
        WHERE (seat.unit_index, batch.line_id) IS DISTINCT FROM (unit.index, unit.line_id)
    """,
    "a seat, its line and its order belong to one account, unless it was given away": """
        SELECT seat.id, seat.account_id, batch.account_id, line.account_id, orders.account_id
        FROM enrolments_seat seat
            JOIN enrolments_seatbatch batch ON batch.id = seat.batch_id
            JOIN shop_orderline line ON line.id = batch.line_id
            JOIN shop_order orders ON orders.id = line.order_id
        WHERE (seat.account_id, line.account_id, batch.order_id, batch.order_number)
            <> (batch.account_id, orders.account_id, orders.id, orders.number)
            OR (batch.account_id <> orders.account_id) <> (batch.given_from_id IS NOT NULL)
    """,
    "a seat given away is of a pack, on the terms that its line was sold on": """
        SELECT given.id, paid.id FROM enrolments_seatbatch given JOIN enrolments_seatbatch paid
            ON paid.id = given.given_from_id
        WHERE paid.given_from_id IS NOT NULL OR given.source <> 'pack'
            OR to_jsonb(given) - '{id,account_id,given_from_id}'::text[]
                <> to_jsonb(paid) - '{id,account_id,given_from_id}'::text[]
    """,
    "a seat's history is a chain that ends in its state": """
        SELECT seat.id, seat.state, chain.* FROM enrolments_seat seat LEFT JOIN (
            SELECT seat_id, bool_and(from_state = before OR (from_state = '' AND is_received)) AS joined,
                (array_agg(to_state ORDER BY id DESC))[1] AS last, bool_and(at >= at_before) AS in_time
            FROM (
                SELECT *, lag(to_state, 1, '') OVER history AS before, lag(at, 1, at) OVER history AS at_before,
                    lag(given_to_id) OVER history IS NOT DISTINCT FROM account_id AS is_received
                FROM enrolments_seatevent WINDOW history AS (PARTITION BY seat_id ORDER BY id)
            ) event GROUP BY seat_id
        ) chain ON chain.seat_id = seat.id
        WHERE chain.joined IS NOT TRUE OR chain.in_time IS NOT TRUE OR chain.last <> seat.state
    """,
    "a seat's history belongs to the seat's account, that before a gift to who gave": """
        SELECT event.id, event.account_id, seat.account_id, event.account_next
        FROM (
            SELECT *, lead(account_id) OVER history AS account_next
            FROM enrolments_seatevent WINDOW history AS (PARTITION BY seat_id ORDER BY id)
        ) event JOIN enrolments_seat seat ON seat.id = event.seat_id
        WHERE event.account_id <> coalesce(event.account_next, seat.account_id)
            AND event.given_to_id IS DISTINCT FROM coalesce(event.account_next, seat.account_id)
    """,
    "a seat's own validity is that of its live extensions": """
        SELECT seat.id, seat.valid_until, more.until FROM enrolments_seat seat LEFT JOIN (
            SELECT seat_id, max(ends_at) AS until FROM enrolments_seatextension WHERE ended_at IS NULL GROUP BY seat_id
        ) more ON more.seat_id = seat.id
        WHERE seat.valid_until IS DISTINCT FROM more.until
    """,
    "each unit of an extension lengthens one thing, from its delivery until it is given back": f"""
        SELECT unit.line_id, unit.index, unit.given_back_at, on_people.count, on_seats.* FROM shop_orderline line
            JOIN shop_orderunit unit ON unit.line_id = line.id
            CROSS JOIN LATERAL (
                SELECT count(*) FROM ({LIVE_GROUND}) live
                WHERE live.line_id = line.id AND live.unit_index = unit.index
            ) on_people
            CROSS JOIN LATERAL (
                SELECT count(*) FILTER (WHERE days IS NULL) AS validity, count(*) FILTER (WHERE days > 0) AS access
                FROM enrolments_seatextension more
                WHERE more.line_id = line.id AND more.unit_index = unit.index AND more.ended_at IS NULL
            ) on_seats
        WHERE line.handler = 'std_extendenrolperiod' AND NOT CASE
            WHEN line.fulfilled_at IS NULL OR unit.given_back_at IS NOT NULL
            THEN on_people.count + on_seats.validity + on_seats.access = 0
            ELSE (on_people.count + on_seats.access, on_seats.validity) = (0, 1)
                OR greatest(on_people.count, on_seats.access) = 1 AND on_seats.validity = 0
        END
    """,
    "no unit of an extension lengthens anything by more than its days": f"""
        SELECT more.* FROM (
            SELECT line_id, unit_index, starts_at, ends_at FROM ({LIVE_GROUND}) live
            UNION ALL
            SELECT line_id, unit_index, starts_at, ends_at FROM enrolments_seatextension WHERE ended_at IS NULL
        ) more JOIN shop_orderline line ON line.id = more.line_id AND line.handler = 'std_extendenrolperiod'
        WHERE more.ends_at - more.starts_at > make_interval(days => (line.parameters ->> 'extension')::int, hours => 1)
    """,
    "a seat in use is one live ground of its person, any other none": f"""
        SELECT seat.id, seat.state, count(live.id)
        FROM enrolments_seat seat LEFT JOIN ({LIVE_GROUND}) live ON live.seat_id = seat.id AND live.kind = 'seat'
        GROUP BY seat.id
        HAVING count(live.id) <> CASE WHEN seat.state IN ('assigned', 'consumed') THEN 1 ELSE 0 END
    """,
    "a seat in use and its ground tell of the same enrolment": f"""
        SELECT seat.id, live.id FROM enrolments_seat seat
            JOIN ({LIVE_GROUND}) live ON live.seat_id = seat.id AND live.kind = 'seat'
            JOIN enrolments_enrolment enrolment ON enrolment.id = live.enrolment_id
        WHERE (seat.enrolment_id, seat.person_id, seat.course_id, seat.account_id, seat.unit_id, seat.unit_index)
            IS DISTINCT FROM (
                enrolment.id, enrolment.user_id, enrolment.course_id, live.account_id, live.unit_id, live.unit_index
            )
    """,
    "a pack's seat in use has its supervisor in the course, any other none": f"""
        SELECT seat.id, seat.state, batch.source, count(live.id) FROM enrolments_seat seat
            JOIN enrolments_seatbatch batch ON batch.id = seat.batch_id
            LEFT JOIN ({LIVE_GROUND}) live ON live.seat_id = seat.id AND live.kind = 'supervision'
        GROUP BY seat.id, batch.source
        HAVING (seat.state NOT IN ('assigned', 'consumed') AND count(live.id) > 0)
            OR (seat.state IN ('assigned', 'consumed') AND batch.source = 'pack' AND count(live.id) <> 1)
    """,
    "nobody sits twice in one session": """
        SELECT batch.order_id, seat.course_id, seat.person_id
        FROM enrolments_seat seat JOIN enrolments_seatbatch batch ON batch.id = seat.batch_id
        WHERE batch.source = 'session' AND seat.person_id IS NOT NULL
        GROUP BY 1, 2, 3 HAVING count(*) > 1
    """,
    "a blank seat of a session keeps its place until it ends": """
        SELECT seat.id FROM enrolments_seat seat JOIN enrolments_seatbatch batch ON batch.id = seat.batch_id
        WHERE batch.source = 'session' AND seat.state = 'available' AND NOT seat.keeps_place
            AND NOT EXISTS (SELECT 1 FROM enrolments_seatevent event
                            WHERE event.seat_id = seat.id AND event.to_state = 'assigned')
    """,
    "a person placed by an operator is attached to that operator": """
        SELECT seat.id, seat.person_id, seat.assigned_by_id FROM enrolments_seat seat
        WHERE seat.assigned_by_id IS NOT NULL AND seat.person_id <> seat.assigned_by_id AND NOT EXISTS (
            SELECT 1 FROM accounts_delegation delegation
            WHERE delegation.account_id = seat.account_id AND delegation.operator_id = seat.assigned_by_id
                AND delegation.person_id = seat.person_id
        )
    """,
    # Enrolments ------------------------------------------------------------------------------------------------------
    "an enrolment is open exactly while it has a ground, for as long as its grounds": f"""
        SELECT enrolment.id, enrolment.closed_at, enrolment.starts_at, enrolment.ends_at, standing.*
        FROM enrolments_enrolment enrolment LEFT JOIN (
            SELECT enrolment_id, min(starts_at) AS starts_at,
                CASE WHEN bool_and(ends_at IS NOT NULL) THEN max(ends_at) END AS ends_at
            FROM ({LIVE_GROUND}) live GROUP BY enrolment_id
        ) standing ON standing.enrolment_id = enrolment.id
        WHERE (enrolment.closed_at IS NULL) <> (standing.enrolment_id IS NOT NULL)
            OR (enrolment.closed_at IS NULL AND (enrolment.starts_at, enrolment.ends_at)
                IS DISTINCT FROM (standing.starts_at, standing.ends_at))
    """,
    "what happened to an enrolment adds up to what it is": """
        SELECT enrolment.id, enrolment.closed_at, told.* FROM enrolments_enrolment enrolment LEFT JOIN (
            SELECT enrolment_id,
                count(*) FILTER (WHERE what = 'opened') AS opened,
                count(*) FILTER (WHERE what = 'closed') AS closed,
                (array_agg(what ORDER BY id))[1] AS first,
                (array_agg(detail ORDER BY id DESC) FILTER (WHERE what IN ('opened', 'changed')))[1] AS period
            FROM enrolments_enrolmentevent GROUP BY enrolment_id
        ) told ON told.enrolment_id = enrolment.id
        WHERE told.opened IS DISTINCT FROM 1 OR told.first <> 'opened'
            OR told.closed <> CASE WHEN enrolment.closed_at IS NULL THEN 0 ELSE 1 END
            OR (enrolment.closed_at IS NULL AND (
                (told.period ->> 'starts_at')::timestamptz <> enrolment.starts_at
                OR (told.period ->> 'ends_at')::timestamptz IS DISTINCT FROM enrolment.ends_at
            ))
    """,
    "a person who joined a group left it unless a ground keeps them there": f"""
        SELECT coalesce(told.group_id, standing.group_id), coalesce(told.user_id, standing.user_id), told.inside
        FROM (
            SELECT (event.detail ->> 'group')::bigint AS group_id, enrolment.user_id,
                count(*) FILTER (WHERE what = 'group_joined') - count(*) FILTER (WHERE what = 'group_left') AS inside
            FROM enrolments_enrolmentevent event
                JOIN enrolments_enrolment enrolment ON enrolment.id = event.enrolment_id
            WHERE event.what IN ('group_joined', 'group_left') GROUP BY 1, 2
        ) told FULL JOIN (
            SELECT DISTINCT live.group_id, enrolment.user_id
            FROM ({LIVE_GROUND}) live JOIN enrolments_enrolment enrolment ON enrolment.id = live.enrolment_id
            WHERE live.group_id IS NOT NULL
        ) standing ON standing.group_id = told.group_id AND standing.user_id = told.user_id
        WHERE coalesce(told.inside, 0) <> CASE WHEN standing.group_id IS NULL THEN 0 ELSE 1 END
    """,
    "an order has one group in a course, named after it, for each account that has its seats": """
        SELECT groups.course_id, groups.order_id, groups.account_id, count(*) FROM enrolments_coursegroup groups
            JOIN shop_order orders ON orders.id = groups.order_id
        GROUP BY 1, 2, 3
        HAVING count(*) > 1 OR bool_or(
            groups.name <> orders.number OR groups.account_id <> orders.account_id AND NOT EXISTS (
                SELECT 1 FROM enrolments_seatbatch given WHERE given.order_id = orders.id
                    AND given.account_id = groups.account_id AND given.given_from_id IS NOT NULL
            )
        )
    """,
    # An extension keeps people in the group where they are; days bought for a seat go with it to another account.
    "a ground's group is of its course and order, and its account that of its seat or order": """
        SELECT ground.id, ground.order_id, groups.order_id FROM enrolments_ground ground
            JOIN enrolments_enrolment enrolment ON enrolment.id = ground.enrolment_id
            LEFT JOIN enrolments_coursegroup groups ON groups.id = ground.group_id
            LEFT JOIN shop_order orders ON orders.id = ground.order_id
            LEFT JOIN shop_orderline line ON line.id = ground.line_id
            LEFT JOIN enrolments_seat seat ON seat.id = ground.seat_id AND ground.ended_at IS NULL
        WHERE groups.course_id <> enrolment.course_id OR ground.order_number <> coalesce(orders.number, '')
            OR (ground.kind IN ('seat', 'supervision') AND groups.order_id IS NULL)
            OR ground.account_id <> seat.account_id
            OR (
                ground.seat_id IS NULL AND ground.account_id <> orders.account_id OR groups.order_id <> ground.order_id
            ) AND line.handler IS DISTINCT FROM 'std_extendenrolperiod'
    """,
    "a ground that stands on a line goes with the line": f"""
        SELECT live.id, live.kind, line.status
        FROM ({LIVE_GROUND}) live JOIN shop_orderline line ON line.id = live.line_id
        WHERE line.status <> 'fulfilled'
    """,
    "a person who takes a course themselves stands on their own delivered line": """
        SELECT line.id, line.status, count(ground.id), count(ground.id) FILTER (WHERE ground.ended_at IS NULL)
        FROM shop_orderline line LEFT JOIN enrolments_ground ground ON ground.line_id = line.id AND ground.kind = 'line'
        WHERE line.handler = 'std_enroloncourse' GROUP BY line.id
        HAVING count(ground.id) <> CASE WHEN line.fulfilled_at IS NULL THEN 0 ELSE 1 END
            OR count(ground.id) FILTER (WHERE ground.ended_at IS NULL)
                <> CASE WHEN line.status = 'fulfilled' THEN 1 ELSE 0 END
    """,
    # Places ----------------------------------------------------------------------------------------------------------
    "no course holds more people than it has places": f"""
        SELECT id, capacity, taken FROM ({PLACES}) course WHERE taken > capacity
    """,
    "places are held from checkout until delivery or the order's end, and no longer": """
        SELECT line.id, line.status, orders.status, hold.places FROM shop_orderline line
            JOIN shop_order orders ON orders.id = line.order_id
            LEFT JOIN enrolments_placehold hold ON hold.line_id = line.id AND hold.released_at IS NULL
        WHERE line.handler <> 'std_extendenrolperiod' AND coalesce(hold.places, 0) <> CASE
            WHEN line.places_held > 0 AND line.status IN ('pending', 'failed') AND orders.status IN ('placed', 'paid')
                AND orders.places_released_at IS NULL
            THEN (SELECT count(*) FROM shop_orderunit unit WHERE unit.line_id = line.id AND unit.given_back_at IS NULL)
            ELSE 0
        END
    """,
    "an extension holds the places of expired seats of sessions alone, until delivery or the order's end": """
        SELECT line.id, line.status, orders.status, hold.places FROM shop_orderline line
            JOIN shop_order orders ON orders.id = line.order_id
            JOIN enrolments_placehold hold ON hold.line_id = line.id AND hold.released_at IS NULL
        WHERE line.handler = 'std_extendenrolperiod' AND (
            hold.places > line.places_held OR line.status NOT IN ('pending', 'failed')
            OR orders.status NOT IN ('placed', 'paid') OR orders.places_released_at IS NOT NULL
        )
    """,
    "places are offered in turn": """
        SELECT early.id, late.id FROM enrolments_waitingplace early JOIN enrolments_waitingplace late
            ON late.course_id = early.course_id AND late.joined_at > early.joined_at
        WHERE early.state = 'waiting' AND late.state = 'offered' AND late.offered_at > early.joined_at
    """,
    "an offer is mailed to whoever it is made to": """
        SELECT place.id FROM enrolments_waitingplace place WHERE place.state = 'offered' AND NOT EXISTS (
            SELECT 1 FROM outbox_mail mail
            WHERE mail.kind = 'waiting_offered' AND (mail.context ->> 'place_id')::bigint = place.id
        )
    """,
    # Orders ----------------------------------------------------------------------------------------------------------
    "an order's history is a chain that ends in its status": """
        SELECT orders.id, orders.status, chain.* FROM shop_order orders LEFT JOIN (
            SELECT order_id, bool_and(from_status = before) AS joined, bool_and(at >= at_before) AS in_time,
                (array_agg(to_status ORDER BY id DESC))[1] AS last, (array_agg(to_status ORDER BY id))[1] AS first
            FROM (
                SELECT *, lag(to_status, 1, '') OVER history AS before, lag(at, 1, at) OVER history AS at_before
                FROM shop_orderevent WHERE to_status <> '' WINDOW history AS (PARTITION BY order_id ORDER BY id)
            ) event GROUP BY order_id
        ) chain ON chain.order_id = orders.id
        WHERE chain.joined IS NOT TRUE OR chain.in_time IS NOT TRUE
            OR chain.first <> 'placed' OR chain.last <> orders.status
    """,
    "a paid order has one settlement of the right money, any other none": """
        SELECT orders.id, orders.status, count(payment.id) FROM shop_order orders
            LEFT JOIN shop_settlement settlement ON settlement.order_id = orders.id
            LEFT JOIN shop_payment payment ON payment.id = settlement.payment_id AND payment.status = 'succeeded'
                AND payment.order_id = orders.id AND payment.amount = orders.gross
                AND payment.currency = orders.currency
        GROUP BY orders.id
        HAVING count(settlement.id) <> count(payment.id) OR count(payment.id)
            <> CASE WHEN orders.status IN ('paid', 'completed', 'refunded') THEN 1 ELSE 0 END
    """,
    "an order's sums are those of its lines, each from its price, the tax to the cent": """
        SELECT orders.id FROM shop_order orders JOIN shop_orderline line ON line.order_id = orders.id
        GROUP BY orders.id
        HAVING (orders.net, orders.tax, orders.gross) <> (sum(line.net), sum(line.tax), sum(line.gross))
            OR NOT bool_and(line.net = round(line.unit_net * line.charged, 2)
                            AND abs(line.tax - line.net * line.tax_rate / 100) < 0.01)
    """,
    "lines have the statuses their order's status allows": """
        SELECT orders.id, orders.status, array_agg(line.status) FROM shop_order orders
            JOIN shop_orderline line ON line.order_id = orders.id
        GROUP BY orders.id
        HAVING NOT CASE orders.status
            WHEN 'paid' THEN bool_or(line.status IN ('pending', 'failed'))
            WHEN 'completed' THEN bool_and(line.status IN ('fulfilled', 'given_back'))
            WHEN 'refunded' THEN bool_and(line.status = 'given_back')
            ELSE bool_and(line.status = 'pending')
        END
    """,
    "an order is refunded when all of it was given back and all that was owed was paid back, else never": """
        SELECT orders.id, orders.status, array_agg(line.status), sum(line.went_back) FROM shop_order orders JOIN (
            SELECT *, (SELECT coalesce(sum(given.amount), 0) FROM shop_givingback given
                       WHERE given.line_id = each.id AND given.paid_back_at IS NOT NULL) AS went_back,
                (SELECT coalesce(sum(given.amount), 0) FROM shop_givingback given
                       WHERE given.line_id = each.id AND given.paid_back_at IS NULL) AS owed
            FROM shop_orderline each
        ) line ON line.order_id = orders.id
        GROUP BY orders.id
        HAVING (orders.status = 'refunded')
            <> (bool_and(line.status = 'given_back') AND sum(line.went_back) > 0 AND sum(line.owed) = 0)
    """,
    "an order is completed at a moment it keeps": """
        SELECT id, status, completed_at FROM shop_order
        WHERE status = 'completed' AND completed_at IS NULL OR status IN ('placed', 'paid') AND completed_at IS NOT NULL
    """,
    "a unit tells what the row of its giving back tells": f"""
        SELECT unit.id, unit.given_back_at, gone.at FROM shop_orderunit unit
            FULL JOIN ({GIVEN_BACK}) gone ON gone.line_id = unit.line_id AND gone.index = unit.index
        WHERE unit.given_back_at IS DISTINCT FROM gone.at
    """,
    "a line has the units it was sold with, and is given back when all of them are": """
        SELECT line.id, line.status, line.quantity, count(*), count(unit.given_back_at) FROM shop_orderline line
            JOIN shop_orderunit unit ON unit.line_id = line.id
        GROUP BY line.id
        HAVING count(*) <> line.quantity OR (count(*) = count(unit.given_back_at)) <> (line.status = 'given_back')
    """,
    "a line to be delivered has its job, a failed one waits for the merchant": """
        SELECT line.id, line.status, count(job.id) FROM shop_orderline line
            JOIN shop_order orders ON orders.id = line.order_id
            LEFT JOIN outbox_job job ON job.kind = 'fulfil_line' AND job.state = 'pending'
                AND (job.payload ->> 'line')::bigint = line.id
        WHERE line.handler <> '' AND line.status <> 'given_back'
        GROUP BY line.id, orders.status
        HAVING count(job.id)
            <> CASE WHEN orders.status = 'paid' AND line.status = 'pending' THEN 1 ELSE 0 END
    """,
    "an order is paid, completed, each of its lines delivered once in its history": """
        SELECT order_id, what, detail ->> 'line' FROM shop_orderevent
        WHERE what IN ('placed', 'paid', 'line_fulfilled', 'completed')
        GROUP BY 1, 2, 3 HAVING count(*) > 1
    """,
    "each delivery has told its customer and the sales team": """
        SELECT line.id FROM shop_orderline line
        WHERE line.handler <> '' AND line.fulfilled_at IS NOT NULL AND 2 > (
            SELECT count(*) FROM outbox_mail mail WHERE mail.order_id = line.order_id
                AND mail.kind IN ('delivered', 'delivered_public', 'delivered_sales')
                AND (mail.context ->> 'line')::bigint = line.id
        )
    """,
    "each giving back has told its customer": """
        SELECT given.id FROM shop_givingback given JOIN shop_orderline line ON line.id = given.line_id
        WHERE NOT EXISTS (
            SELECT 1 FROM outbox_mail mail WHERE mail.kind = 'given_back' AND mail.order_id = line.order_id
                AND (mail.context ->> 'is_customer')::boolean AND mail.context -> 'givings' @> to_jsonb(given.id)
        )
    """,
    "until it is claimed, nobody stands behind a visitor's order": f"""
        SELECT orders.id FROM shop_order orders WHERE orders.claimed_at IS NULL AND (
            EXISTS (SELECT 1 FROM accounts_membership member WHERE member.account_id = orders.account_id)
            OR EXISTS (SELECT 1 FROM accounts_delegation each WHERE each.account_id = orders.account_id)
            OR EXISTS (SELECT 1 FROM ({LIVE_GROUND}) live WHERE live.order_id = orders.id
                       AND live.account_id = orders.account_id AND live.kind IN ('supervision', 'support'))
        )
    """,
    "what was given back of a line is worth what it was sold for, when all of it was, with money": """
        SELECT line.id, line.status, line.gross, sum(given.amount) FROM shop_orderline line
            JOIN shop_givingback given ON given.line_id = line.id
        GROUP BY line.id
        HAVING sum(given.amount) > line.gross OR (
            line.status = 'given_back' AND bool_and(given.why = 'refunded') AND sum(given.amount) <> line.gross
        )
    """,
    "the history tells what was given back, and what it was worth": """
        SELECT line.id, told.*, given.* FROM shop_orderline line
            LEFT JOIN (
                SELECT order_id, (detail ->> 'line')::int AS position, sum((detail ->> 'worth')::numeric) AS worth,
                    sum((detail ->> 'count')::int) AS count
                FROM shop_orderevent WHERE what = 'units_given_back' GROUP BY 1, 2
            ) told ON told.order_id = line.order_id AND told.position = line.position
            LEFT JOIN (
                SELECT line_id, sum(amount) AS worth, sum(last_index - first_index + 1) AS count
                FROM shop_givingback GROUP BY 1
            ) given ON given.line_id = line.id
        WHERE (told.worth, told.count) IS DISTINCT FROM (given.worth, given.count)
    """,
    # Money -----------------------------------------------------------------------------------------------------------
    "whatever a provider said has an outcome and a payment": """
        SELECT event.id FROM shop_paymentevent event LEFT JOIN shop_payment payment ON payment.id = event.payment_id
        WHERE event.outcome = '' OR payment.id IS NULL OR payment.provider <> event.provider
            OR event.order_id <> payment.order_id AND event.outcome NOT IN ('mismatch', 'declined', 'known')
    """,
    "an order is settled by exactly one of the things a provider said": """
        SELECT orders.id, orders.status, count(event.id) FROM shop_order orders
            LEFT JOIN shop_paymentevent event ON event.order_id = orders.id AND event.outcome = 'settled'
        GROUP BY orders.id
        HAVING count(event.id) <> CASE WHEN orders.status IN ('paid', 'completed', 'refunded') THEN 1 ELSE 0 END
    """,
    "money that paid nothing was shown to the sales team": """
        SELECT event.id, event.outcome FROM shop_paymentevent event
        WHERE event.outcome IN ('mismatch', 'second_charge', 'late', 'unknown_order') AND NOT EXISTS (
            SELECT 1 FROM outbox_mail mail WHERE mail.key = 'money_needs_attention:' || event.id
        )
    """,
}


@cache
def _all_rules() -> str:
    asked = (
        f"SELECT $rule${rule}$rule$ AS rule, broken::text AS row FROM ({statement}) broken"
        for rule, statement in BROKEN_BY.items()
    )
    return " UNION ALL ".join(asked)


@cache
def _all_tables() -> str:
    """Return the query for count and sum of all rows of our tables, table by table; but for the security log, to which
    a look at a page adds."""
    ours = ("shop", "catalog", "enrolments", "billing", "documents", "accounts", "outbox", "account")
    tables = sorted(
        model._meta.db_table
        for app in ours
        for model in apps.get_app_config(app).get_models()
        if model is not SecurityEvent
    )
    return " UNION ALL ".join(
        f"SELECT '{table}', count(*), coalesce(sum(hashtextextended(each::text, 0)), 0) FROM {table} each"
        for table in tables
    )


def broken_rules() -> list[str]:
    """Return every rule broken now, with a row that breaks it; one statement."""
    return [f"{rule}: {row}" for rule, row in _ask("rules_of_the_shop", _all_rules())]


def fingerprint() -> dict[str, tuple[int, int]]:
    """Return the number of rows and a hash sum of each table, equal when nothing was changed; one statement."""
    return {table: (count, total) for table, count, total in _ask("rows_of_the_shop", _all_tables())}


def changed_tables(before: dict[str, tuple[int, int]], after: dict[str, tuple[int, int]]) -> list[str]:
    return sorted(table for table in after if before.get(table) != after[table])


def _ask(name: str, statement: str) -> list[tuple]:
    """Run a statement prepared once for each connection, since it is asked thousands of times."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE name = %s", [name])
        if not cursor.fetchone()[0]:
            cursor.execute(f"PREPARE {name} AS {statement}")
        cursor.execute(f"EXECUTE {name}")
        return cursor.fetchall()
