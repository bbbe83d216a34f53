"""The inbox: what becomes of a message, decided by the database and by nothing else.

Knows no broker. :mod:`chassis.consumer` hands in messages and acknowledges them when
:meth:`Inbox.settle` returns: by then each is handled, or is a row that says what it waits for.
Every subject has a position, the sequence of the last event that was settled, and that alone
decides::

    sequence ≤ position       duplicate                   nothing happens
                              another event's number      row "dead": the publisher's log went back
    sequence = position + 1   handled                     effect, row and position in one commit
                              of no interest              position moves on
                              unknown major version       row "parked": another version may come
                              its handler fails           row "failed", tried again, then "dead"
    sequence > position + 1   row "parked"                released when the gap has filled

So an effect happens once and in order, whatever is sent twice, late or in the wrong order. A
message that fails holds up its own subject only. What cannot even be read is "dead" at once, its
bytes kept; where its data did not fit, every process reads it again at its start, since that of a
newer version may know more (docs/decisions/0075). A dead letter is retried or dropped by a human
(:mod:`chassis.dead`)::

    parked ──gap filled──► handled      failed ──retry──► handled           dead ──retry──► failed
                                          └──after six attempts──► dead       └──drop──► dropped

A rebuild puts positions back to zero (:mod:`chassis.replay`): events then pass once more, and those
handled before run their projections only.

``message`` reads messages, ``rows`` holds the SQL, ``settling`` decides, ``preload`` reads ahead,
``early`` begins transactions, ``away`` tells a database that is away from a message that fails.
"""

from chassis.inbox.away import DatabaseAway
from chassis.inbox.message import Message
from chassis.inbox.settling import Inbox

__all__ = ["DatabaseAway", "Inbox", "Message"]
