"""What the benchmark of the intake does inside an `odoo shell`: make who may send, and look at what has come of it."""

from datetime import timedelta

from odoo import fields


def make_key(env):
    """A key of the administrator for Odoo's own interface.

    :return: the key
    """
    user = env.ref("base.user_admin")
    keys = env["res.users.apikeys"].with_user(user)
    key = keys._generate("rpc", "Benchmark", fields.Datetime.now() + timedelta(days=1))
    env.cr.commit()
    return key


def make_channel(env, code):
    """
    :return: the secret of a new channel
    """
    channel = env["crm.intake.channel"].create({"name": f"Benchmark {code}", "code": code})
    secret = channel._new_secret()
    env.cr.commit()
    return secret


def finish(env, code):
    """Do what the scheduled job does a few minutes later.

    :return: how many requests it found whose work was interrupted
    """
    requests = env["crm.intake.request"].search([("channel_id.code", "=", code), ("state", "=", "received")])
    requests.date = fields.Datetime.now() - timedelta(hours=1)
    requests.env["crm.intake.request"]._cron_finish()
    env.cr.commit()
    return len(requests)


def check(env, code, answers):
    """What is wrong after all is done.

    :param dict answers: by the sender's number of a request the lead's number that was answered
    """
    env.cr.rollback()
    env.invalidate_all()
    channel = env["crm.intake.channel"].search([("code", "=", code)])
    requests = channel.request_ids.filtered(lambda request: request.state != "duplicate")
    faults = [f"request {request.external_id} is {request.state}" for request in requests if request.state != "done"]
    if len(requests) != len(answers):
        faults.append(f"{len(requests)} requests are written down, {len(answers)} were sent")
    leads = env["crm.lead"].search([("source_id.name", "=", channel.name)])
    if len(leads) != len(answers):
        faults.append(f"{len(leads)} leads of {len(answers)} requests")
    numbers = {request.external_id: request.lead_id.number for request in requests}
    faults += [
        f"request {external_id} was answered {number}, it is {numbers.get(external_id)}"
        for external_id, number in answers.items()
        if numbers.get(external_id) != number
    ]
    logged = env["crm.lead.event"].search([("lead_id", "in", leads.ids), ("kind", "=", "create")])
    if sorted(logged.lead_id.ids) != sorted(leads.ids) or len(logged) != len(leads):
        faults.append("leads are only half made: not each has its entry in the log, once")
    return faults
