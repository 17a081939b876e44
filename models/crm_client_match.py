from collections import defaultdict

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from . import client_names

AUTO, REVIEW = 85, 40
# how many clients are read of each key: a key of more says little
KEY_LIMIT = 100
# how many of the clients that share the most telling keys are compared with the lead
COMPARED = 40
# what a shared key says before anything is compared, divided among those that share it
KEY_WEIGHTS = {
    "phone": 2000, "email": 2000, "digits": 600, "name": 300, "joined": 250, "initial": 120, "sound": 150,
    "place": 120, "house": 120, "street": 120, "door": 120, "word": 40,
}  # fmt: skip

# The evidence, in points of 100. Phone or e-mail and name prove who it is; either alone is for a person to judge.
PHONE, PHONE_DIGITS, FEW_DIGITS, EMAIL, ROLE_EMAIL = 50, 46, 25, 50, 15
# what belongs to so few clients may be a couple's; of more it is an office's and says less the more there are
HOUSEHOLD, HOUSEHOLD_SHARE = 3, 48
STREET, NUMBER, OTHER_NUMBER, CITY, ZIP, ADDRESS, ELSEWHERE = 22, 17, -12, 14, 14, 50, -3
# one slip of the finger away
NEAR_NUMBER, NEAR_ZIP = 9, 13
OTHER_PHONE, OTHER_EMAIL, SAME_COMPANY = -2, -2, 10
NAMES = {"same": 41, "alike": 40, "initial": 28, "partial": 18, "family": 8, "different": -12, "unknown": 0}
# the most that can be reached: by a name alone, and by whoever has another first name or another name
NAME_ALONE, OTHER_PERSON, ARCHIVED, COMPANY_OF_PERSON = 39, 78, 80, 80
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
        countries = self._get_countries(list_of_values)
        asked = [self._prepare(values, countries) for values in list_of_values]
        hits = self._search_keys({key for query in asked for key in query["keys"]})
        chosen = [self._choose(query, hits) for query in asked]
        clients = self._read_clients({partner_id for ids in chosen for partner_id in ids})
        counts = self._count_words(asked, chosen, clients)
        return [
            self._rank([clients[partner_id] for partner_id in ids if partner_id in clients], query, hits, counts)[
                :limit
            ]
            for query, ids in zip(asked, chosen, strict=True)
        ]

    # ------------------------------------------------------------
    # SEARCH
    # ------------------------------------------------------------

    def _get_countries(self, list_of_values):
        """The countries that are named, those that exist."""
        ids = {values.get("country_id") for values in list_of_values if isinstance(values, dict)}
        ids = [value for value in ids if isinstance(value, int) and not isinstance(value, bool)]
        return self.env["res.country"].browse(ids).exists()

    def _prepare(self, values, countries):
        """What is looked for, normalised, with its keys."""
        values = values if isinstance(values, dict) else {}
        query = {
            name: values[name][: client_names.MAX_LENGTH] if isinstance(values.get(name), str) else "" for name in TEXTS
        }
        query["excluded"] = {value for value in values.get("excluded_ids") or () if isinstance(value, int)}
        country = countries.filtered(lambda country: country.id == values.get("country_id"))
        query["sanitized"] = self._sanitize_phone(query["phone"], country)
        query["digits"] = client_names.last_digits(query["sanitized"] or query["phone"])
        query["emails"] = client_names.canonical_emails(query["email"])
        query["tokens"] = client_names.name_tokens(query["name"])
        query["company"] = client_names.company_tokens(query["company_name"])
        keys = {
            **client_names.phone_keys(query["sanitized"], query["phone"]),
            **client_names.email_keys(query["email"]),
            **client_names.name_keys(query["tokens"]),
            **client_names.address_keys(
                query["tokens"] or query["company"], query["street"], query["city"], query["zip"]
            ),
        }
        if query["company"]:
            keys.update(client_names.name_keys(query["company"]))
        elif query["tokens"]:  # somebody may have written a company where the name goes
            keys.update(client_names.name_keys(client_names.company_tokens(query["name"])))
        query["keys"] = keys
        return query

    def _sanitize_phone(self, phone, country):
        country = country or self.env.company.country_id
        return phone and self.env["res.partner"]._phone_format(number=phone, country=country) or ""

    def _search_keys(self, keys):
        """
        :return: ``{key: ids of contacts}``, of each key not more than :data:`KEY_LIMIT`
        """
        hits = defaultdict(list)
        if keys:
            self.env["res.partner"].flush_model()
            self.env.cr.execute(
                SQL(
                    """
                    SELECT asked.key, found.partner_id
                      FROM unnest(%s::bigint[]) AS asked(key)
                     CROSS JOIN LATERAL (
                            SELECT partner_id FROM crm_client_key WHERE key = asked.key LIMIT %s
                           ) found
                    """,
                    list(keys),
                    KEY_LIMIT,
                )
            )
            for key, partner_id in self.env.cr.fetchall():
                hits[key].append(partner_id)
        return hits

    def _choose(self, query, hits):
        """Those that share the most telling keys."""
        weights = defaultdict(float)
        for key, (kind, _text) in query["keys"].items():
            found = hits.get(key, ())
            weight = KEY_WEIGHTS[kind] / (3 + len(found))
            for partner_id in found:
                weights[partner_id] += weight
        for partner_id in query["excluded"]:
            weights.pop(partner_id, None)
        return sorted(weights, key=lambda partner_id: (-weights[partner_id], partner_id))[:COMPARED]

    def _read_clients(self, ids):
        """Read the clients that the user may see, in one query.

        :return: ``{id: values}``
        """
        if not ids:
            return {}
        partners = self.env["res.partner"]
        query = partners._search(Domain("id", "in", list(ids)))
        rows = self.env.execute_query(
            query.select(
                *(
                    SQL.identifier("res_partner", name)
                    for name in (
                        "id",
                        "name",
                        "is_company",
                        "active",
                        "parent_id",
                        "commercial_partner_id",
                        "email",
                        "phone",
                        "phone_sanitized",
                        "street",
                        "city",
                        "zip",
                        "type",
                    )
                ),  # fmt: skip
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
        clients = {}
        for row in rows:
            (
                partner_id, name, is_company, active, parent_id, commercial_id, email, phone, sanitized, street, city,
                zip_code, kind, parent_name, lines, children,
            ) = row  # fmt: skip
            company = is_company or (not name and parent_id)
            clients[partner_id] = {
                "id": partner_id,
                "name": name or parent_name or "",
                "is_company": company,
                "active": active,
                "parent_id": parent_id,
                "commercial_id": commercial_id,
                "phones": [(sanitized, phone, ""), *((number, written, "") for number, written in lines or ())],
                "emails": [(address, "") for address in client_names.canonical_emails(email)],
                "tokens": client_names.company_tokens(name) if company else client_names.name_tokens(name),
                "company": client_names.company_tokens(name if company else parent_name),
                "street": street,
                "city": city,
                "zip": zip_code,
            }
            for child_name, number, written, address in children or ():
                clients[partner_id]["phones"].append((number, written, child_name or ""))
                for child_email in client_names.canonical_emails(address):
                    clients[partner_id]["emails"].append((child_email, child_name or ""))
        return clients

    def _count_words(self, asked, chosen, clients):
        """How many clients have each word of the names that are compared, where two of them may be one mistyped.

        :return: ``{word: count}``, counted to :data:`KEY_LIMIT`
        """
        words = set()
        for query, ids in zip(asked, chosen, strict=True):
            for partner_id in ids:
                for word in clients.get(partner_id, {}).get("tokens", ()):
                    for other in query["tokens"]:
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
    # COMPARISON
    # ------------------------------------------------------------

    def _rank(self, clients, query, hits, counts):
        """Compare the clients with what is looked for; where two are sure, none is."""
        shares = self._count_shares(clients, query, hits)
        scored = [(client, *self._compare(client, query, shares, counts)) for client in clients]
        scored = [item for item in scored if item[1] > 0]
        scored.sort(key=lambda item: (-item[1], item[0]["is_company"] or False, item[0]["id"]))
        sure = [client for client, score, _reasons in scored if score >= AUTO]
        ambiguous = any(
            sure[0]["id"] != other["parent_id"] and sure[0]["parent_id"] != other["id"] for other in sure[1:]
        )
        candidates = []
        for client, score, reasons in scored:
            if score >= AUTO and (ambiguous or client is not sure[0]):
                score = AUTO - 1
                if ambiguous:
                    reasons = [*reasons, self.env._("Several clients fit as well")]
            band = "auto" if score >= AUTO else "review" if score >= REVIEW else "weak"
            candidates.append({"partner_id": client["id"], "score": score, "band": band, "reasons": reasons})
        return candidates

    def _count_shares(self, clients, query, hits):
        """How many clients share each phone and e-mail that is looked for; a company and its contacts are one."""
        families = {client["id"]: client["commercial_id"] or client["id"] for client in clients}
        shares = {}
        for key, (kind, text) in query["keys"].items():
            if kind in ("phone", "email", "digits"):
                found = hits.get(key, ())
                shares[text] = len({families.get(partner_id, partner_id) for partner_id in found})
        return shares

    def _compare(self, client, query, shares, counts):
        """
        :return: score, reasons
        """
        relation, name_points, name_reason = self._compare_names(client, query, counts)
        reasons, score, proof = [], name_points, 0
        for points, reason in (
            self._compare_phones(client, query, shares),
            self._compare_emails(client, query, shares),
            self._compare_addresses(client, query),
        ):
            score += points
            proof += max(points, 0)
            if reason:
                reasons.append(reason)
        if name_reason:
            reasons.append(name_reason)
        if not client["is_company"] and query["company"] and query["company"] == client["company"]:
            score += SAME_COMPANY
            proof += SAME_COMPANY
            reasons.append(self.env._("Same company"))
        if not proof:
            score = min(score, NAME_ALONE)
        if relation in ("family", "different", "partial"):
            score = min(score, OTHER_PERSON)
        if client["is_company"] and query["tokens"] and relation != "same" and query["company"]:
            score = min(score, COMPANY_OF_PERSON)
        if client["is_company"] and query["tokens"] and query["company"]:
            score = min(score, COMPANY_OF_PERSON)
        if not client["active"]:
            score = min(score, ARCHIVED)
            reasons.append(self.env._("Archived"))
        return max(0, min(100, round(score))), reasons

    def _share_out(self, points, share):
        if share <= 1:
            return points
        if share <= HOUSEHOLD:
            return points * HOUSEHOLD_SHARE / PHONE
        return points * HOUSEHOLD_SHARE / PHONE * HOUSEHOLD / share

    def _compare_phones(self, client, query, shares):
        if not query["digits"]:
            return 0, None
        found = None
        for number, written, contact in client["phones"]:
            if query["sanitized"] and number == query["sanitized"]:
                found = (PHONE, number, contact)
                break
            if query["digits"] == client_names.last_digits(number or written or "") and not found:
                is_whole = len(query["digits"]) == client_names.PHONE_DIGITS
                found = (PHONE_DIGITS if is_whole else FEW_DIGITS, written or number, contact)
        if not found:
            return (OTHER_PHONE if any(number or written for number, written, _ in client["phones"]) else 0), None
        points, number, contact = found
        share = shares.get(query["sanitized"] if points == PHONE else query["digits"], 1)
        values = {"phone": self._show_phone(number), "contact": contact, "count": share}
        if points != PHONE:
            reason = self.env._("Same last digits of the phone: %(phone)s", **values)
        elif share > HOUSEHOLD:
            reason = self.env._("Same phone %(phone)s, which %(count)s clients share", **values)
        elif contact:
            reason = self.env._("Same phone %(phone)s, of the contact %(contact)s", **values)
        else:
            reason = self.env._("Same phone %(phone)s", **values)
        return self._share_out(points, share), reason

    def _show_phone(self, number):
        return self.env["res.partner"]._phone_format(number=number, force_format="INTERNATIONAL") or number

    def _compare_emails(self, client, query, shares):
        known = dict(client["emails"])
        for email in query["emails"]:
            if email not in known:
                continue
            share = shares.get(email, 1)
            values = {"email": email, "contact": known[email], "count": share}
            is_role = client_names.is_role(email)
            if share > HOUSEHOLD:
                reason = self.env._("Same e-mail %(email)s, which %(count)s clients share", **values)
            elif is_role:
                reason = self.env._("Same office e-mail %(email)s", **values)
            elif known[email]:
                reason = self.env._("Same e-mail %(email)s, of the contact %(contact)s", **values)
            else:
                reason = self.env._("Same e-mail %(email)s", **values)
            company_role = is_role and client["is_company"] and share <= 1
            points = EMAIL if company_role or not is_role else ROLE_EMAIL
            return self._share_out(points, share), reason
        return (OTHER_EMAIL if query["emails"] and known else 0), None

    def _compare_addresses(self, client, query):
        points = self._get_address_points(client, query)
        total = min(ADDRESS, sum(points.values()))
        if points.get("street") and points.get("number") == NUMBER:
            return total, self.env._("Same address: %(street)s", street=client["street"])
        if points.get("street"):
            return total, self.env._("Same street: %(street)s", street=client["street"])
        if points.keys() & {"city", "zip"}:
            return total, self.env._("Same place: %(city)s", city=client["city"] or client["zip"])
        is_elsewhere = (client["city"] or client["zip"]) and (query["city"] or query["zip"])
        return (ELSEWHERE if is_elsewhere else 0), None

    def _get_address_points(self, client, query):
        """
        :return: ``{"street", "city", "zip" or "number": points}`` of what is the same, or but for a slip
        """
        points = {}
        number, words = client_names.street_parts(client["street"])
        asked_number, asked_words = client_names.street_parts(query["street"])
        asked_street = client_names.plain(query["street"]).replace(" ", "")
        is_typo = any(client_names.is_typo(word, other) for word in words for other in asked_words)
        if is_typo or any(len(word) > 3 and word in asked_street for word in words):
            points["street"] = STREET
        for name, worth in (("city", CITY), ("zip", ZIP)):
            known, asked = (client_names.plain(side[name]).replace(" ", "") for side in (client, query))
            if not known or not asked:
                continue
            if known == asked or (name == "city" and client_names.is_same_place(known, asked)):
                points[name] = worth
            elif name == "zip" and client_names.is_near(known, asked):
                points[name] = NEAR_ZIP
        if number and asked_number and points:
            if number == asked_number:
                points["number"] = NUMBER
            elif client_names.is_near(number, asked_number):
                points["number"] = NEAR_NUMBER
            elif "street" in points:
                points["number"] = OTHER_NUMBER
        return points

    def _compare_names(self, client, query, counts):
        """
        :return: how the names relate, points, reason
        """
        if client["is_company"]:
            asked = query["company"] or client_names.company_tokens(query["name"])
            name = query["company_name"] or query["name"]
        else:
            asked, name = query["tokens"], query["name"]
        if not asked or not client["tokens"]:
            return "unknown", NAMES["unknown"], None
        relation, likeness = self._relate(asked, client["tokens"], counts)
        values = {"asked": name.strip(), "known": client["name"], "percent": round(100 * likeness)}
        reason = None
        if relation == "same" and likeness == 1:
            reason = self.env._("Same name: %(known)s", **values)
        elif relation in ("same", "alike"):
            reason = self.env._("Name %(percent)s %% alike: %(asked)s / %(known)s", **values)
        elif relation == "initial":
            reason = self.env._("Name fits with its initial: %(asked)s / %(known)s", **values)
        elif relation == "partial":
            reason = self.env._("Part of the name: %(asked)s / %(known)s", **values)
        elif relation == "family":
            reason = self.env._("One name the same, the other not: %(asked)s / %(known)s", **values)
        elif relation == "different":
            reason = self.env._("Another name: %(asked)s / %(known)s", **values)
        return relation, NAMES[relation], reason

    def _relate(self, asked, known, counts):
        """How two names relate, word by word in any order.

        :return: one of :data:`NAMES`, likeness from 0 to 1
        """
        left, right = self._pick(asked), self._pick(known)
        if sorted(left) == sorted(right) or "".join(sorted(left)) == "".join(sorted(right)):
            return "same", 1.0
        if "".join(left) == "".join(right) or "".join(reversed(left)) == "".join(right):
            return "same", 0.98
        equal, typos, initials = [], [], []
        rest = list(right)
        open_words = []
        for word in left:
            if word in rest:
                rest.remove(word)
                equal.append(word)
            else:
                open_words.append(word)
        for match, found in ((self._is_same_word, typos), (self._is_initial, initials)):
            for word in list(open_words):
                other = next((other for other in rest if match(word, other, counts)), None)
                if other is not None:
                    rest.remove(other)
                    open_words.remove(word)
                    found.append((word, other))
        matched = len(equal) + len(typos)
        likeness = (len(equal) + 0.85 * len(typos) + 0.5 * len(initials)) / max(
            1, len(equal) + len(typos) + len(initials) + 0.5 * (len(open_words) + len(rest))
        )
        if open_words and rest:
            return ("family" if matched else "different"), likeness
        if matched >= 2 or (matched == 1 and len(left) == len(right) == 1):
            return ("same" if not typos and not initials and not open_words and not rest else "alike"), likeness
        if matched and initials:
            return "initial", likeness
        return ("partial" if matched else "different"), likeness

    @api.model
    def _pick(self, tokens):
        words = [client_names.gender_free(token) for token in tokens if token not in client_names.PARTICLES]
        return words if len(words) > 1 else [client_names.gender_free(token) for token in tokens]

    @api.model
    def _is_same_word(self, word, other, counts):
        """A mistyped word is rare by nature: of two that are both in use each is a name of its own."""
        if len(word) < 2 or len(other) < 2 or not client_names.is_typo(word, other):
            return False
        few, many = sorted((counts.get(word, 0), counts.get(other, 0)))
        return few < 4 or few < 0.2 * many

    @api.model
    def _is_initial(self, word, other, _counts):
        return (len(word) == 1 or len(other) == 1) and word[0] == other[0]
