"""Creating leads: one, and a batch of 500, with numbers, deadlines and the log of what was received."""

from common import measure

BATCH = 500


def _values(env, number, count):
    team = env.ref("sales_team.team_sales_department")
    return [
        {
            "name": f"Request {number}-{index}",
            "contact_name": f"Contact {number}-{index}",
            "email_from": f"new{number}-{index}@example.org",
            "phone": f"+39 0612{number:02d}{index:04d}",
            "team_id": team.id,
            "type": "opportunity",
        }
        for index in range(count)
    ]


@measure("create one lead", rounds=40)
def create_one(env, number):
    values = _values(env, number, 1)
    return lambda: env["crm.lead"].create(values)


@measure("create 500 leads, each", ratio=1.25, rounds=12, per=BATCH)
def create_batch(env, number):
    values = _values(env, number, BATCH)
    return lambda: env["crm.lead"].create(values)


@measure("create 500 leads as a salesperson, each", ratio=1.25, rounds=12, per=BATCH)
def create_batch_as_salesperson(env, number):
    user = env["res.users"].search([("login", "=", "sales1")])
    values = _values(env, number, BATCH)
    return lambda: env["crm.lead"].with_user(user).create(values)


def _batch_over_types(env, number):
    values = _values(env, number, BATCH)
    return lambda: env["crm.lead"].create(values)


@measure("create 500 leads over 5 types, each", ratio=1.25, rounds=12, per=BATCH, stock=_batch_over_types)
def create_batch_over_types(env, number):
    lead_types = env["crm.lead.type"].search([("name", "=like", "Type _")], limit=5)
    values = [
        {**values, "lead_type_id": lead_types[index % 5].id} for index, values in enumerate(_values(env, number, BATCH))
    ]
    return lambda: env["crm.lead"].create(values)


@measure("move 200 leads to another stage, each", rounds=12, per=200)
def move(env, number):
    stages = env["crm.stage"].search([("is_won", "=", False), ("team_ids", "=", False)], limit=2)
    leads = env["crm.lead"].search([("stage_id", "=", stages[0].id)], limit=200, offset=200 * number)
    return lambda: leads.write({"stage_id": stages[1].id})
