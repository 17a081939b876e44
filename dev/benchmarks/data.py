"""The data of the benchmarks: so many clients, so many leads, 300 salespeople.

Plain SQL, because making a million records through the ORM takes hours. Everything follows
from the row's number: the same data on every machine.
"""

USERS = 300
# beside Odoo's own four stages: 80 stages and, with ours, 12 lead types
TYPES, STAGES_PER_TYPE = 11, 7


def fill(env, rows):
    """Add `rows` clients and `rows` leads to a database that has our dependencies' demo data."""
    users = _make_users(env)
    _make_stages(env)
    _insert_partners(env, rows)
    _insert_leads(env, rows, users)


def fill_ours(env):
    """Add what only our module has, once it is installed: lead types with all their rules, due dates, phase expiry by
    the minute, a few urgent leads."""
    _make_types(env)
    env.cr.execute("UPDATE crm_stage SET rotting_threshold_days = 5 + 5 * (sequence % 10) WHERE stage_type = 'open'")
    env.cr.execute(
        """
        UPDATE crm_lead
           SET date_due = create_date + INTERVAL '30 days' + id % 480 * INTERVAL '1 hour',
               date_last_stage_update = date_last_stage_update + id % 1440 * INTERVAL '1 minute',
               is_urgent = id % 200 = 0
         WHERE stage_type = 'open' AND active
        """
    )


def _make_stages(env):
    """The stages of the types: open ones, a won one, and a folded one, which ours makes a lost one."""
    env["crm.stage"].create(
        [
            {
                "name": f"Type {number} stage {position}",
                "sequence": 100 + 10 * number + position,
                "is_won": position == STAGES_PER_TYPE - 2,
                "fold": position == STAGES_PER_TYPE - 1,
            }
            for number in range(TYPES)
            for position in range(STAGES_PER_TYPE)
        ]
    )


def _make_types(env):
    """One type for each set of stages, with moves, required and hidden fields and properties; its leads follow."""
    fields = env["ir.model.fields"]._get
    for number in range(TYPES):
        stages = env["crm.stage"].search([("name", "=like", f"Type {number} stage _")])
        stages[-1].stage_type = "not_interested"
        env["crm.lead.type"].create(
            {
                "name": f"Type {number}",
                "stage_ids": [(6, 0, stages.ids)],
                "initial_stage_id": stages[0].id,
                "due_days": number,
                "contact_required": True,
                "required_field_ids": [(6, 0, [fields("crm.lead", "contact_name").id])],
                "hidden_field_ids": [(6, 0, [fields("crm.lead", "website").id])],
                "property_definition": [{"name": "text", "type": "char", "string": "Text"}],
                "transition_ids": [
                    (0, 0, {"from_stage_id": first.id, "to_stage_id": second.id})
                    for first, second in zip(stages, stages[1:], strict=False)
                ],
            }
        )
        env.ref("crm_lead_lifecycle.crm_lead_type_default").stage_ids -= stages
    env.flush_all()
    env.cr.execute(
        """
        UPDATE crm_lead SET lead_type_id = owner.lead_type_id
          FROM crm_lead_type_stage_rel owner
         WHERE owner.stage_id = crm_lead.stage_id AND owner.lead_type_id <> crm_lead.lead_type_id
        """
    )


def _make_users(env):
    group = env.ref("sales_team.group_sale_salesman")
    values = [
        {"name": f"Salesperson {number}", "login": f"sales{number}", "group_ids": [(4, group.id)]}
        for number in range(1, USERS + 1)
    ]
    users = env["res.users"].with_context(no_reset_password=True, tracking_disable=True).create(values)
    env["crm.team.member"].create(
        [{"user_id": user.id, "crm_team_id": env.ref("sales_team.team_sales_department").id} for user in users]
    )
    env.flush_all()
    return users


# 30 first names by 16,000 surnames: 480,000 distinct full names among a million clients. Beside that one in 23 has one
# of few common surnames: 8,700 are called Rossi.
FIRST_NAMES = """
    Anna Bruno Carla Dario Elena Fabio Giada Hugo Irene Jonas Katia Luca Marta Nicola Olga
    Paolo Rita Sergio Tania Ugo Valeria Walter Xenia Yuri Zoe Alba Berto Chiara Diego Emma
""".split()
COMMON_SURNAMES = """
    Rossi Rossi Rossi Rossi Silva Silva Silva Nowak Nowak Nowak Ferrari Ferrari Russo Russo Santos Kowalski
    Esposito Bianchi Ferreira Wójcik
""".split()
SYLLABLES = (
    "Ba Ce Di Fo Gu La Me Ni Po Ru Sa Te Vi Zo Bra Cre Dri Fro Gla Ste".split(),
    "lan ren min ton sun var ber lin mon rus gan del fin bon dur man pel rin son tur".split(),
    "i o a elli ini oni ucci etti acci ardi eri osi iani ese aro ani orti alto esi one".split(),
)


def _insert_partners(env, rows):
    """Two of three have an address; one in 500 has the number of one of 20 switchboards instead of an own one."""
    first, second, third = SYLLABLES
    env.cr.execute(
        """
        INSERT INTO res_partner (
            name, complete_name, email, email_normalized, phone, phone_sanitized, street, zip, city, country_id,
            active, is_company, type, lang, autopost_bills, create_uid, create_date, write_uid, write_date
        )
        SELECT full_name, full_name, email, email, phone, replace(phone, ' ', ''), street, zip, city,
               (SELECT id FROM res_country WHERE code = 'IT'),
               TRUE, FALSE, 'contact', 'en_US', 'ask', 1, made, 1, made
          FROM (
            SELECT first_name || ' ' || last_name AS full_name,
                   lower(first_name || '.' || translate(last_name, 'ó', 'o')) || number || '@example.com' AS email,
                   CASE WHEN number %% 500 = 3 THEN '+39 02 ' || 5550000 + number / 500 %% 20
                        ELSE '+39 33' || to_char(number, 'FM00000000')
                    END AS phone,
                   CASE WHEN number %% 3 > 0
                        THEN 'Via ' || (%(first)s)[1 + number / 11 %% 20] || (%(third)s)[1 + number / 13 %% 20]
                             || ' ' || 1 + number %% 97
                    END AS street,
                   CASE WHEN number %% 3 > 0 THEN to_char(10000 + 17 * (number %% 401), 'FM00000') END AS zip,
                   CASE WHEN number %% 3 > 0
                        THEN (%(first)s)[1 + number %% 401 %% 20] || (%(second)s)[1 + number %% 401 / 20 %% 20] || 'ate'
                    END AS city,
                   TIMESTAMP '2023-01-01' + number %% 1000 * INTERVAL '1 day' AS made
              FROM (
                SELECT number,
                       (%(first_names)s)[1 + number %% 30] AS first_name,
                       CASE WHEN number %% 23 = 7 THEN (%(common)s)[1 + number / 23 %% 20]
                            ELSE (%(first)s)[1 + number / 30 %% 20]
                                 || (%(second)s)[1 + number / 600 %% 20]
                                 || (%(third)s)[1 + number / 12000 %% 20]
                                 || (ARRAY['', 's'])[1 + number / 240000 %% 2]
                        END AS last_name
                  FROM generate_series(1, %(rows)s) AS number
              ) AS names
          ) AS rows
        """,
        {
            "first_names": FIRST_NAMES,
            "common": COMMON_SURNAMES,
            "first": first,
            "second": second,
            "third": third,
            "rows": rows,
        },
    )
    env.cr.execute("UPDATE res_partner SET commercial_partner_id = id WHERE commercial_partner_id IS NULL")


def _insert_leads(env, rows, users):
    """One lead in two has a client, one in five is lost, one in ten is won."""
    env.cr.execute(
        """
        WITH stages AS (
            SELECT array_agg(id ORDER BY sequence, id)
                       FILTER (WHERE is_won IS NOT TRUE AND fold IS NOT TRUE) AS open_ids,
                   min(id) FILTER (WHERE is_won) AS won_id
              FROM crm_stage
             WHERE NOT EXISTS (SELECT FROM crm_stage_crm_team_rel AS rel WHERE rel.crm_stage_id = crm_stage.id)
        ),
        lists AS (
            SELECT %(users)s::int[] AS users,
                   (SELECT array_agg(id ORDER BY id) FROM utm_source) AS sources,
                   (SELECT array_agg(id ORDER BY id) FROM res_partner) AS clients
        )
        INSERT INTO crm_lead (
            name, contact_name, partner_id, email_from, email_normalized, phone, phone_sanitized,
            type, priority, active, probability, automated_probability, won_status,
            stage_id, team_id, user_id, company_id, source_id, expected_revenue,
            create_uid, create_date, write_uid, write_date, date_open, date_last_stage_update, date_closed
        )
        SELECT 'Request ' || number, 'Contact ' || number,
               CASE WHEN number %% 2 = 0 THEN clients[number] END,
               'contact' || number || '@example.org', 'contact' || number || '@example.org',
               phone, replace(phone, ' ', ''),
               CASE WHEN number %% 3 = 0 THEN 'lead' ELSE 'opportunity' END, (number %% 4)::text,
               NOT lost,
               CASE WHEN lost THEN 0 WHEN won THEN 100 ELSE 10 + number %% 80 END,
               CASE WHEN lost THEN 0 WHEN won THEN 100 ELSE 10 + number %% 80 END,
               CASE WHEN lost THEN 'lost' WHEN won THEN 'won' ELSE 'pending' END,
               CASE WHEN won THEN won_id ELSE open_ids[1 + number %% cardinality(open_ids)] END,
               %(team)s, users[1 + number %% cardinality(users)], 1,
               sources[1 + number %% cardinality(sources)], number %% 50000,
               1, made, 1, made, made, made + number %% 60 * INTERVAL '1 day',
               CASE WHEN won OR lost THEN made + INTERVAL '60 days' END
          FROM (
            SELECT number, number %% 5 = 0 AS lost, number %% 10 = 1 AS won,
                   '+39 06' || to_char(number, 'FM00000000') AS phone,
                   TIMESTAMP '2023-01-01' + number %% 1000 * INTERVAL '1 day' AS made
              FROM generate_series(1, %(rows)s) AS number
          ) AS rows, stages, lists
        """,
        {"rows": rows, "users": users.ids, "team": env.ref("sales_team.team_sales_department").id},
    )
