"""Creating 500 leads that 50 assignment rules give away, against stock leads whose salespeople are named by turns."""

from common import measure
from inquiries import BATCH, values_of

RULES, PEOPLE = 50, 10
METHODS = ("round_robin", "least_open", "fixed")


def _get_users(env):
    return env["res.users"].search([("login", "=like", "sales%")], order="id")


def _prepare_rules(env):
    """50 rules, each for leads of another postal code, with ten people: all three methods, most per day on each third
    one. They stay in the worker's transaction only."""
    users = _get_users(env)
    env["crm.assignment.rule"].search([]).active = False
    env["crm.assignment.rule"].create(
        [
            {
                "name": f"Rule {number}",
                "sequence": number,
                "method": METHODS[number % len(METHODS)],
                "domain": repr(["|", ("zip", "=like", f"{number:02}%"), ("tag_ids.name", "=", f"Tag {number}")]),
                "member_ids": [
                    (0, 0, {"user_id": users[(number + index) % len(users)].id, "daily_max": 1000 * (number % 3 == 0)})
                    for index in range(min(PEOPLE, len(users)))
                ],
            }
            for number in range(RULES)
        ]
    )


def _spread(values):
    return [{**lead, "zip": f"{index % RULES:02}100"} for index, lead in enumerate(values)]


def _batch_by_turns(env, number):
    users = _get_users(env)
    values = [
        {**lead, "user_id": users[index % len(users)].id}
        for index, lead in enumerate(_spread(values_of(env, number, BATCH)))
    ]
    return lambda: env["crm.lead"].create(values)


@measure("create 500 leads with 50 rules, each", ratio=1.25, rounds=8, per=BATCH, stock=_batch_by_turns)
def create_batch(env, number):
    _prepare_rules(env)
    values = _spread(values_of(env, number, BATCH))
    return lambda: env["crm.lead"].create(values)
