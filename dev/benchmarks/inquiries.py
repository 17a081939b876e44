"""Values of new leads, for what creates them."""

BATCH = 500


def values_of(env, number, count):
    """
    :param number: of the round, so that no two rounds create the same
    """
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
