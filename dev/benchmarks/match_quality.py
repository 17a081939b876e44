"""Whether each inquiry finds its client: FEBRL 4, and made-up Italian, Polish and Portuguese people (people.py).

recall@1, recall@5: of the inquiries of known clients, those whose client is first, or among the first five
auto recall: of the same, those whose client is found as sure
precision: of all that is found as sure, what is right; the rest are wrong links

Runs in an `odoo shell` on a database with the module; leaves nothing there.
"""

import csv
import os
from pathlib import Path

import people
from countries import COUNTRIES

from odoo.tools import split_every

PEOPLE, INQUIRIES, SEED = 20_000, 10_000, 2026
RECALL, FEBRL_RECALL, AUTO_RECALL, PRECISION = 0.98, 0.985, 0.80, 0.999
BATCH = 500


def evaluate(env):
    """Yield the lines to print, last whether all targets are met."""
    yield f"{'':10} {'inquiries':>9} {'recall@1':>9} {'recall@5':>9} {'auto recall':>12} {'precision':>10} {'wrong':>6}"
    kept = True
    for title, target, make in (("FEBRL 4", FEBRL_RECALL, febrl), ("own people", RECALL, made_up)):
        rows = list(judge(env, *make(env)))
        known = [row for row in rows if row["truth"]]
        sure = [row for row in rows if row["band"] == "auto"]
        wrong = [row for row in sure if row["found"][0] != row["truth"]]
        first = sum(row["found"][:1] == [row["truth"]] for row in known) / len(known)
        five = sum(row["truth"] in row["found"][:5] for row in known) / len(known)
        auto = (len(sure) - len(wrong)) / len(known)
        precision = 1 - len(wrong) / max(1, len(sure))
        yield (
            f"{title:10} {len(rows):9} {first:9.4f} {five:9.4f} {auto:12.4f} {precision:10.5f} {len(wrong):6}"
            f"  at least {target}, -, {AUTO_RECALL}, {PRECISION}"
        )
        yield from (f"    wrong: {row['text']}" for row in wrong[:10])
        if os.environ.get("BENCH_MISSES"):
            yield from (f"    missed: {row['text']}" for row in known if row["found"][:1] != [row["truth"]])
            yield from (f"    unsure: {row['text']}" for row in known if row["band"] != "auto")
        kept = kept and first >= target and auto >= AUTO_RECALL and precision >= PRECISION
        env.cr.rollback()
        env.invalidate_all()
    yield kept


def judge(env, values, truths):
    """
    :param list values: what is looked for
    :param list truths: the id of the client of each, or None
    """
    match = env["crm.client.match"]
    for batch in split_every(BATCH, zip(values, truths, strict=True), list):
        answers = match.search_candidates_batch([asked for asked, _truth in batch], limit=5)
        env.invalidate_all()
        for (asked, truth), candidates in zip(batch, answers, strict=True):
            best = candidates[0] if candidates else {}
            client = env["res.partner"].browse(best.get("partner_id")).name
            yield {
                "truth": truth,
                "found": [candidate["partner_id"] for candidate in candidates],
                "band": best.get("band"),
                "text": f"{asked} / truly {env['res.partner'].browse(truth).name} / {client} {best.get('score')} "
                f"{best.get('reasons')}",
            }


def create(env, vals_list):
    partners = env["res.partner"].with_context(tracking_disable=True, no_vat_validation=True)
    ids = []
    for batch in split_every(BATCH, vals_list, list):
        ids += partners.create(batch).ids
        env.flush_all()
        env.invalidate_all()
    return ids


def febrl(env):
    """5,000 Australians, and each of them once more with up to three slips. No phone, no e-mail."""
    folder = Path(os.environ["BENCH_FEBRL"])
    country = env.ref("base.au").id

    def read(name):
        with (folder / name).open() as file:
            for row in csv.DictReader(file, skipinitialspace=True):
                yield (
                    row["rec_id"].split("-")[1],
                    {
                        "name": f"{row['given_name']} {row['surname']}".strip(),
                        "street": f"{row['street_number']} {row['address_1']}".strip(),
                        "city": row["suburb"],
                        "zip": row["postcode"],
                        "country_id": country,
                    },
                )

    clients = list(read("dataset4a.csv"))
    ids = create(env, [{**values, "name": values["name"] or "?"} for _key, values in clients])
    found = dict(zip((key for key, _values in clients), ids, strict=True))
    inquiries = list(read("dataset4b.csv"))
    return [values for _key, values in inquiries], [found[key] for key, _values in inquiries]


def made_up(env):
    world = people.World(SEED, PEOPLE)
    countries = {code: env.ref(f"base.{code.lower()}").id for code in COUNTRIES}

    def prepare(client, parent=None):
        names = ("name", "phone", "email", "street", "city", "zip", "is_company")
        values = {name: getattr(client, name) for name in names}
        return {**values, "country_id": countries[client.country], "parent_id": parent}

    firms = [client for client in world.clients if not client.parent]
    ids = dict(zip(map(id, firms), create(env, [prepare(client) for client in firms]), strict=True))
    contacts = [client for client in world.clients if client.parent]
    vals_list = [prepare(client, ids[id(client.parent)]) for client in contacts]
    ids.update(zip(map(id, contacts), create(env, vals_list), strict=True))
    inquiries = world.inquiries(INQUIRIES)
    values = [{**asked, "country_id": countries[asked["country"]]} for asked, _client in inquiries]
    return values, [client and ids[id(client)] for _asked, client in inquiries]
