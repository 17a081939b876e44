"""What the benchmark of the queue looks at in the database after operators have worked through a server."""


def check(env, confirmed, since):
    """What is wrong after operators have worked through the server.

    :param list confirmed: ids of the contacts whose confirmation was answered, once for each
    :param since: id of the last call before
    """
    env.cr.execute("SELECT entry_id, count(*) FROM crm_call WHERE id > %s GROUP BY entry_id", [since])
    calls = dict(env.cr.fetchall())
    faults = [f"contact {entry_id} has no call" for entry_id in confirmed if entry_id not in calls]
    faults += [f"contact {entry_id} was confirmed {count} times" for entry_id, count in calls.items()
               if count != confirmed.count(entry_id) and (count > 1 or entry_id in confirmed)]  # fmt: skip
    env.cr.execute(
        """
        SELECT call.id FROM crm_call call JOIN crm_call_entry entry ON entry.id = call.entry_id
         WHERE call.id > %s
           AND (entry.state = 'claimed' OR entry.state = 'ready'
                OR NOT EXISTS (SELECT FROM crm_lead_event event
                                WHERE event.lead_id = call.lead_id AND event.kind = 'call'
                                  AND (event.data->>'call')::int = call.id))
        """,
        [since],
    )
    faults += [f"call {call_id} is only half written" for (call_id,) in env.cr.fetchall()]
    env.cr.commit()
    return faults


def last_call(env):
    env.cr.execute("SELECT COALESCE(max(id), 0) FROM crm_call")
    (id_,) = env.cr.fetchone()
    env.cr.commit()  # what the server does from now on is to be seen later
    return id_


def lapse(env):
    """Let the claims of all operators lapse who have not confirmed.

    :return: ids of the contacts
    """
    env.cr.execute(
        "UPDATE crm_call_entry SET claimed_until = now() AT TIME ZONE 'UTC' - INTERVAL '1 minute' "
        "WHERE state = 'claimed' RETURNING id"
    )
    ids = [row[0] for row in env.cr.fetchall()]
    env.cr.commit()
    return ids


def give_again(env, campaign_ids, lapsed):
    """Whether contacts that have lapsed are in line again, before others of their sort."""
    operator = env["res.users"].search([("login", "=like", "operator_")], limit=1)
    campaign = env["crm.call.campaign"].browse(campaign_ids[0])
    given = [campaign._claim_next(operator).id for _number in range(len(lapsed))]
    env.cr.rollback()
    env.invalidate_all()
    return sorted(set(lapsed) - set(given))
