"""Creating leads: one, and a batch of 500, with numbers, deadlines and the log of what was received."""

from common import measure
from inquiries import BATCH, values_of


@measure("create one lead", rounds=40)
def create_one(env, number):
    values = values_of(env, number, 1)
    return lambda: env["crm.lead"].create(values)


@measure("create 500 leads, each", ratio=1.25, rounds=12, per=BATCH)
def create_batch(env, number):
    values = values_of(env, number, BATCH)
    return lambda: env["crm.lead"].create(values)


@measure("create 500 leads as a salesperson, each", ratio=1.25, rounds=12, per=BATCH)
def create_batch_as_salesperson(env, number):
    user = env["res.users"].search([("login", "=", "sales1")])
    values = values_of(env, number, BATCH)
    return lambda: env["crm.lead"].with_user(user).create(values)


def _batch_over_types(env, number):
    values = values_of(env, number, BATCH)
    return lambda: env["crm.lead"].create(values)


@measure("create 500 leads over 5 types, each", ratio=1.25, rounds=12, per=BATCH, stock=_batch_over_types)
def create_batch_over_types(env, number):
    lead_types = env["crm.lead.type"].search([("name", "=like", "Type _")], limit=5)
    values = [
        {**values, "lead_type_id": lead_types[index % 5].id}
        for index, values in enumerate(values_of(env, number, BATCH))
    ]
    return lambda: env["crm.lead"].create(values)


@measure("move 200 leads to another stage, each", rounds=12, per=200)
def move(env, number):
    stages = env["crm.stage"].search([("is_won", "=", False), ("team_ids", "=", False)], limit=2)
    leads = env["crm.lead"].search([("stage_id", "=", stages[0].id)], limit=200, offset=200 * number)
    return lambda: leads.write({"stage_id": stages[1].id})
