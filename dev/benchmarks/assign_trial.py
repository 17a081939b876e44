"""Trying assignment rules: 100,000 leads with 50 rules, the worker of the background included."""

from common import measure

RULES, PEOPLE, LEADS = 50, 6, 100_000


def make_rules(env):
    """Rules of several sorts of conditions, the last one for all leads."""
    users = env["res.users"].search([("login", "=like", "sales%")], limit=RULES * PEOPLE)
    countries = env["res.country"].search([], limit=RULES)
    domains = (
        lambda number: [("name", "ilike", f"{number:02}")],
        lambda number: [("country_id", "=", countries[number].id), ("expected_revenue", ">", number)],
        lambda number: [("source_id", "!=", False), ("tag_ids", "=", number)],
        lambda number: [("partner_id.country_id", "=", countries[number].id)],
        lambda number: [("stage_id.sequence", "=", number), ("phone", "!=", False)],
    )
    rules = env["crm.assignment.rule"]
    for number in range(RULES):
        people = users[number * PEOPLE : (number + 1) * PEOPLE]
        domain = domains[number % len(domains)](number) if number < RULES - 1 else []
        rules |= rules.create(
            {
                "name": f"Rule {number}",
                "sequence": number,
                "company_id": False,
                "domain": str(domain),
                "method": ("round_robin", "least_open", "fixed")[number % 3],
                "member_ids": [
                    (0, 0, {"user_id": user.id, "weight": 1 + place, "daily_max": 40 * (place % 2)})
                    for place, user in enumerate(people)
                ],
            }
        )
    return rules


def find_days(env):
    """How many days back the last leads came in."""
    env.cr.execute("SELECT create_date FROM crm_lead ORDER BY create_date DESC OFFSET %s LIMIT 1", [LEADS])
    (since,) = env.cr.fetchone()
    return (env.cr.now() - since).days


@measure(f"try {RULES} rules with {LEADS:,} leads", p95_ms=10_000, stock=False, rounds=5)
def try_rules(env, number):
    rules = make_rules(env)
    days = find_days(env)
    trial = env["crm.assignment.trial"].create({"days": days, "rule_id": rules[-1].id, "method": "least_open"})
    trial.write({"state": "waiting", "company_ids": [(6, 0, env.companies.ids)]})
    return lambda: trial.sudo()._run(commit=env.flush_all)
