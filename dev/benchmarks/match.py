"""Finding the client of a lead among all clients: the match engine, the dialog, and what its keys cost."""

import itertools

from common import measure

BATCH = 500
# of 10 leads four give a phone, three an e-mail, three nothing but a name
MIX = ("phone", "email", "name", "phone", "email", "name", "phone", "email", "name", "phone")


def _client(env, number):
    """Some client, another one each time: the same one in both databases."""
    env.cr.execute("SELECT min(id), max(id) FROM res_partner WHERE phone LIKE '+39 33%'")
    first, last = env.cr.fetchone()
    return env["res.partner"].browse(first + 7919 * (number + 1) * (number + 3) % (last - first))


def _inquiry(env, number, kind):
    """What such a client writes: words the other way round, one letter doubled, the phone as one says it at home."""
    client = _client(env, number)
    first, _space, last = client.name.partition(" ")
    name = f"{last[:3]}{last[2:]} {first}" if number % 2 else f"{last} {first}"
    contact = {"phone": client.phone.removeprefix("+39 "), "email": client.email.upper()}
    return {"contact_name": name, **({"phone": contact["phone"]} if kind == "phone" else {}),
            **({"email_from": contact["email"]} if kind == "email" else {})}  # fmt: skip


def _lead(env, number, kind):
    values = {"name": "Inquiry", "type": "lead", "country_id": env.ref("base.it").id, **_inquiry(env, number, kind)}
    return env["crm.lead"].create(values)


def _match(kind):
    def ours(env, number):
        values = _lead(env, number, kind or MIX[number % 10])._get_match_values()
        return lambda: env["crm.client.match"].search_candidates(values)

    def stock(env, number):
        lead = _lead(env, number, "email")  # all that it looks for
        return lead._find_matching_partner

    return ours, stock


for title, kind in (("phone", "phone"), ("e-mail", "email"), ("name only", "name"), ("40/30/30 of them", "")):
    ours, stock = _match(kind)
    measure(
        f"find the client by {title}",
        p50_ms=5,
        p95_ms=20,
        ratio=None if kind else 0.02,  # of the mix: fifty times faster
        rounds=100,
        stock=stock,
    )(ours)


@measure("find the clients of 100 leads, each", p50_ms=5, rounds=10, per=100, stock=False)
def match_batch(env, number):
    values = [
        _lead(env, 100 * number + index, kind)._get_match_values()
        for index, kind in zip(range(100), itertools.cycle(MIX), strict=False)
    ]
    return lambda: env["crm.client.match"].search_candidates_batch(values)


def _open_stock_dialog(env, number):
    lead = _lead(env, number, "email")
    dialog = env["crm.lead2opportunity.partner"].with_context(
        active_model="crm.lead", active_id=lead.id, active_ids=lead.ids
    )
    specification = _specification(dialog, "crm.view_crm_lead2opportunity_partner")
    return lambda: dialog.onchange({}, [], specification)


def _specification(model, view):
    """The fields of a view as the web client asks for them."""
    views = model.get_views([(model.env.ref(view).id, "form")])
    fields = views["models"][model._name]["fields"]
    lines = model.env["crm.lead.link.client.candidate"]._fields if "crm.lead.link.client.candidate" in model.env else {}
    specification = {}
    for name in views["models"][model._name]["fields"]:
        if fields[name]["type"] == "many2one":
            specification[name] = {"fields": {"display_name": {}}}
        elif name == "candidate_ids":
            specification[name] = {
                "fields": {
                    line: {"fields": {"display_name": {}}} if lines[line].type == "many2one" else {}
                    for line in (
                        "partner_id",
                        "score",
                        "band",
                        "reasons",
                        "phone",
                        "email",
                        "city",
                        "user_id",
                        "last_order",
                        "differences",
                    )
                }  # fmt: skip
            }
        else:
            specification[name] = {}
    return specification


@measure("open the dialog", ratio=0.1, rounds=30, stock=_open_stock_dialog)
def open_dialog(env, number):
    lead = _lead(env, number, MIX[number % 10])
    dialog = env["crm.lead.link.client"]
    specification = _specification(dialog, "crm_lead_lifecycle.crm_lead_link_client_view_form")

    def work():
        action = lead.action_link_client()
        return dialog.browse(action["res_id"]).web_read(specification)

    return work


def _new_clients(env, number):
    return [
        {
            "name": f"Berto Nuovone{number}x{index}",
            "email": f"nuovone{number}.{index}@example.net",
            "phone": f"+39 345 {number:03d}{index:04d}",
            "street": f"Via Nuova {index}",
            "city": "Torino",
            "zip": "10122",
        }
        for index in range(BATCH)
    ]


@measure("create 500 clients, each", rounds=8, per=BATCH)
def create_clients(env, number):
    values = _new_clients(env, number)
    return lambda: env["res.partner"].create(values)


@measure("change the phone of 500 clients, each", rounds=8, per=BATCH)
def write_clients(env, number):
    clients = env["res.partner"].create(_new_clients(env, number))

    def work():
        for index, client in enumerate(clients):
            client.phone = f"+39 346 {number:03d}{index:04d}"
        env.flush_all()

    return work


def notes(env):
    """What the keys weigh, for the table's end."""
    env.cr.execute(
        """
        SELECT count(*), count(DISTINCT partner_id), pg_table_size('crm_client_key'), pg_indexes_size('crm_client_key')
          FROM crm_client_key
        """
    )
    keys, clients, table, indexes = env.cr.fetchone()
    return [
        f"{keys:,} keys of {clients:,} clients ({keys / clients:.1f} each): "
        f"table {table / 2**20:,.0f} MB, indexes {indexes / 2**20:,.0f} MB"
    ]
