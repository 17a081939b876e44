import re
from collections import defaultdict

import phonenumbers

from odoo import api, models
from odoo.addons.phone_validation.tools.phone_validation import phone_format
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, ormcache

from . import client_names
from .client_comparison import Address, Asked, Client, Comparison
from .client_reasons import REASONS

# from how many points on a candidate is sure, or worth a look; an archived client is never sure
AUTO, REVIEW, ARCHIVED = 85, 40, 80
# how many clients are read of each key: a key of more says little
KEY_LIMIT, SHARED_LIMIT = 40, 100
# how many of the clients that share the most telling keys are compared with the lead, and come into question
COMPARED, CONSIDERED = 15, 75
# who shares so much less than the one who shares most is not looked at
LEAST_WEIGHT = 0.03
# what a shared key says before anything is compared, divided among those that share it
KEY_WEIGHTS = {
    "phone": 2000, "email": 2000, "digits": 600, "name": 300, "joined": 250, "initial": 120, "sound": 150,
    "place": 120, "house": 120, "street": 120, "door": 120, "word": 40,
}  # fmt: skip

# of which keys is counted how many clients share them
SHARED_KINDS = ("phone", "email", "digits", "name")
E164 = re.compile(r"\+[1-9]\d{7,14}")
TEXTS = ("name", "company_name", "email", "phone", "street", "city", "zip")


class CrmClientMatch(models.AbstractModel):
    """Finds the clients that a lead may belong to, and says why.

    Keys of the lead are looked up in :class:`crm.client.key`; the clients behind them are read at once, within the
    user's rights, and compared. The points of all evidence add up to the score.
    """

    _name = "crm.client.match"
    _description = "Client Match"

    @api.model
    @api.readonly
    def search_candidates(self, values, limit=10):
        """The clients that may be the person or company with these contact data.

        :param dict values: any of ``name``, ``company_name``, ``email``, ``phone``, ``street``, ``city``, ``zip``,
            ``country_id``; ``excluded_ids`` of clients that it is not. What is no value is ignored.
        :param int limit: how many at most
        :return: list of dicts, best first: ``partner_id``, ``score`` (0-100), ``band`` (``auto``: nobody else,
            ``review``: for a person to judge, ``weak``), ``reasons`` (sentences in the user's language). Empty for
            whoever may not see clients.
        """
        return self.search_candidates_batch([values], limit)[0]

    @api.model
    @api.readonly
    def search_candidates_batch(self, list_of_values, limit=10):
        """As :meth:`search_candidates`, for many at once with a constant number of queries.

        :return: a list of candidates for each
        """
        if not isinstance(list_of_values, (list, tuple)):
            return []
        if not self.env["crm.lead"]._may_see_clients():
            return [[] for _values in list_of_values]
        limit = max(0, min(limit, 100)) if isinstance(limit, int) else 10
        inquiries = [self._prepare(values) for values in list_of_values]
        hits = self._search_keys({key: kind for asked in inquiries for key, (kind, _text) in asked.keys.items()})
        chosen = [self._choose(asked, hits) for asked in inquiries]
        clients = self._read_clients({partner_id for ids in chosen for partner_id in ids[:COMPARED]})
        # where the user may not see some of them, those behind them come into question
        hidden = [ids for ids in chosen if not clients.keys() >= set(ids[:COMPARED])]
        clients |= self._read_clients({partner_id for ids in hidden for partner_id in ids[COMPARED:]})
        pairs = [
            (asked, [clients[partner_id] for partner_id in ids if partner_id in clients][:COMPARED])
            for asked, ids in zip(inquiries, chosen, strict=True)
        ]
        counts = self._count_words(pairs)
        families = self._map_families(inquiries, hits, clients)
        return [self._rank(asked, found, hits, families, counts, limit) for asked, found in pairs]

    # ------------------------------------------------------------
    # SEARCH
    # ------------------------------------------------------------

    @ormcache("country_id", cache="stable")
    def _get_country_codes(self, country_id):
        """ISO code and phone code; Odoo empties this cache when they change."""
        country = self.env["res.country"].browse(country_id).exists()
        return country.code, country.phone_code

    def _sanitize(self, phone, country_id):
        """A phone in E.164 as it is dialled in that country, or else in the company's; empty if it can't be read."""
        if E164.fullmatch(phone):
            return phone
        is_country = isinstance(country_id, int) and not isinstance(country_id, bool)
        codes = self._get_country_codes(country_id if is_country else self.env.company.sudo().partner_id.country_id.id)
        try:
            return phone_format(phone, *codes, "E164")
        except UserError:
            return ""

    def _prepare(self, values):
        """What is looked for, normalised, with its keys.

        :return: :class:`Asked`
        """
        values = values if isinstance(values, dict) else {}
        texts = {
            name: values[name][: client_names.MAX_LENGTH] if isinstance(values.get(name), str) else "" for name in TEXTS
        }
        numbers = [
            (self._sanitize(number, values.get("country_id")), number)
            for number in client_names.split_phones(texts["phone"])
        ]
        phones = [(phone, client_names.last_digits(phone or number)) for phone, number in numbers]
        address, excluded = (texts["street"], texts["city"], texts["zip"]), values.get("excluded_ids")
        asked = Asked(
            texts["name"],
            texts["company_name"],
            [phone for phone in phones if phone[1]],
            client_names.canonical_emails(texts["email"]),
            Address.parse(*address),
            excluded={value for value in excluded if isinstance(value, int)} if isinstance(excluded, list) else set(),
        )
        # somebody may have written a company where the name goes
        company = asked.company or client_names.company_tokens(asked.name)
        asked.keys = {
            **{key: value for number in numbers for key, value in client_names.phone_keys(*number).items()},
            **client_names.email_keys(texts["email"]),
            **client_names.name_keys(asked.tokens),
            **client_names.name_keys(company),
            **client_names.address_keys(asked.tokens or company, *address),
        }
        return asked

    def _search_keys(self, keys):
        """
        :param dict keys: ``{key: kind}``
        :return: ``{key: ids of contacts}``, of each key not more than its limit
        """
        hits = defaultdict(list)
        if keys:
            self.env["res.partner"].flush_model()
            limits = [SHARED_LIMIT if kind in SHARED_KINDS else KEY_LIMIT for kind in keys.values()]
            self.env.cr.execute(
                SQL(
                    """
                    SELECT asked.key, found.partner_id
                      FROM unnest(%s::bigint[], %s::int[]) AS asked(key, most)
                     CROSS JOIN LATERAL (
                            SELECT partner_id FROM crm_client_key WHERE key = asked.key LIMIT asked.most
                           ) found
                    """,
                    list(keys),
                    limits,
                )
            )
            for key, partner_id in self.env.cr.fetchall():
                hits[key].append(partner_id)
        return hits

    def _choose(self, asked, hits):
        """Those that share the most telling keys."""
        weights = defaultdict(float)
        for key, (kind, _text) in asked.keys.items():
            found = hits.get(key, ())
            weight = KEY_WEIGHTS[kind] / (3 + len(found))
            for partner_id in found:
                weights[partner_id] += weight
        for partner_id in asked.excluded:
            weights.pop(partner_id, None)
        least = LEAST_WEIGHT * max(weights.values(), default=0)
        chosen = [partner_id for partner_id, weight in weights.items() if weight >= least]
        return sorted(chosen, key=lambda partner_id: (-weights[partner_id], partner_id))[:CONSIDERED]

    @api.model
    def _get_client_domain(self):
        """Which clients come into question beside those that the user may see. Who asks as superuser says for which
        company: ``match_company_id`` in the context."""
        company_id = self.env.context.get("match_company_id")
        if not company_id:
            return Domain.TRUE
        return Domain("company_id", "=", False) | Domain("company_id", "parent_of", company_id)

    def _read_clients(self, ids):
        """Read the clients that the user may see, in one query.

        :return: ``{id: Client}``
        """
        if not ids:
            return {}
        partners = self.env["res.partner"]
        names = (
            "id", "name", "is_company", "active", "parent_id", "commercial_partner_id", "email", "phone",
            "phone_sanitized", "street", "city", "zip",
        )  # fmt: skip
        rows = self.env.execute_query(
            partners._search(Domain("id", "in", list(ids)) & self._get_client_domain()).select(
                *(SQL.identifier("res_partner", name) for name in names),
                SQL("(SELECT name FROM res_partner parent WHERE parent.id = res_partner.parent_id)"),
                SQL(
                    """(SELECT json_agg(json_build_array(line.phone_sanitized, line.phone))
                          FROM crm_client_phone line WHERE line.partner_id = res_partner.id)"""
                ),
                SQL(
                    """(SELECT json_agg(json_build_array(child.name, child.phone_sanitized, child.phone, child.email))
                          FROM res_partner child WHERE child.parent_id = res_partner.id AND child.active)"""
                ),
            )
        )
        return {row[0]: self._parse_client(row) for row in rows}

    def _parse_client(self, row):
        (
            partner_id, name, is_company, is_active, parent_id, commercial_id, email, phone, sanitized, street, city,
            zip_code, parent_name, lines, children,
        ) = row  # fmt: skip
        is_company = bool(is_company or (not name and parent_id))  # the address of a company has no name of its own
        name = name or parent_name or ""
        client = Client(
            partner_id, name, is_company, is_active, parent_id, commercial_id or partner_id,
            name if is_company else parent_name or "",
            [(sanitized, phone, ""), *((number, written, "") for number, written in lines or ())],
            [(address, "") for address in client_names.canonical_emails(email)],
            street, city, zip_code,
        )  # fmt: skip
        for child_name, number, written, addresses in children or ():
            client.phones.append((number, written, child_name or ""))
            client.emails += [(address, child_name or "") for address in client_names.canonical_emails(addresses)]
        return client

    def _map_families(self, inquiries, hits, clients):
        """Whom those who share a phone, e-mail or name belong to, of those that the user may see: a company and its
        contacts are one.

        :return: ``{id of the client: id of its company}``
        """
        families = {client.id: client.commercial_id for client in clients.values()}
        keys = {key for asked in inquiries for key, (kind, _text) in asked.keys.items() if kind in SHARED_KINDS}
        crowd = {partner_id for key in keys if len(hits.get(key, ())) > COMPARED for partner_id in hits[key]}
        if crowd - families.keys():
            query = self.env["res.partner"]._search(Domain("id", "in", list(crowd)))
            columns = SQL.identifier("res_partner", "id"), SQL.identifier("res_partner", "commercial_partner_id")
            families.update(self.env.execute_query(query.select(*columns)))
        return families

    def _count_words(self, pairs):
        """How many clients have each word of the names that are compared, where two of them may be one mistyped.

        :param list pairs: (asked, clients)
        :return: ``{word: count}``, counted to :data:`KEY_LIMIT`
        """
        words = set()
        for asked, clients in pairs:
            for word in {word for client in clients for word in client.tokens}:
                for other in asked.tokens:
                    if word != other and client_names.is_typo(word, other):
                        words |= {word, other}
        if not words:
            return {}
        keys = {
            key: text
            for word in words
            for key, (kind, text) in client_names.name_keys([word]).items()
            if kind == "word"
        }
        rows = self.env.execute_query(
            SQL(
                """
                SELECT asked.key, (SELECT count(*) FROM (
                           SELECT FROM crm_client_key WHERE key = asked.key LIMIT %s) found)
                  FROM unnest(%s::bigint[]) AS asked(key)
                """,
                KEY_LIMIT,
                list(keys),
            )
        )
        return {keys[key]: count for key, count in rows}

    # ------------------------------------------------------------
    # RANKING
    # ------------------------------------------------------------

    def _rank(self, asked, clients, hits, families, counts, limit):
        """Compare the clients with what is looked for; where two are sure, none is.

        :return: list of candidates as :meth:`search_candidates` gives them
        """
        shares = {
            (kind, text): len({families[partner_id] for partner_id in hits.get(key, ()) if partner_id in families})
            for key, (kind, text) in asked.keys.items()
            if kind in SHARED_KINDS
        }
        scored = []
        for client in clients:
            comparison = Comparison(asked, client, shares, counts)
            score, reasons = comparison.score, comparison.reasons
            if not client.is_active:
                score, reasons = min(score, ARCHIVED), [*reasons, ("archived", {})]
            if score:
                scored.append((score, client, reasons))
        scored.sort(key=lambda item: (-item[0], item[1].is_company, item[1].id))
        sure = [client for score, client, _reasons in scored if score >= AUTO]
        ambiguous = any(sure[0].id != other.parent_id and sure[0].parent_id != other.id for other in sure[1:])
        candidates = []
        for score, client, reasons in scored[:limit]:
            if score >= AUTO and (ambiguous or client is not sure[0]):
                score, reasons = AUTO - 1, [*reasons, ("ambiguous", {})] if ambiguous else reasons
            band = "auto" if score >= AUTO else "review" if score >= REVIEW else "weak"
            candidates.append(
                {"partner_id": client.id, "score": score, "band": band, "reasons": self._explain(reasons)}
            )
        return candidates

    def _show_phone(self, number):
        """A phone in E.164 as people write it; whatever else as it is."""
        try:
            parsed = phonenumbers.parse(number)
        except phonenumbers.NumberParseException:
            return number
        return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)

    def _explain(self, reasons):
        """
        :param list reasons: (key of :data:`REASONS`, values)
        :return: sentences in the user's language
        """
        sentences = []
        for kind, values in reasons:
            if "phone" in values:
                values = {**values, "phone": self._show_phone(values["phone"])}
            sentence = self.env._(REASONS[kind])
            sentences.append(sentence % values)
        return sentences
