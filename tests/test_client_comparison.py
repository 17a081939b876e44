from odoo.tests import BaseCase, tagged

from ..models import client_names
from ..models.client_comparison import Address, Asked, Client, Comparison
from ..models.client_reasons import REASONS

ADDRESS = ("Via Garibaldi 15", "Torino", "10122")


@tagged("post_install", "-at_install")
class TestClientComparison(BaseCase):
    """What speaks for a client, without a database."""

    def _compare(self, shares=None, counts=None, contact="", **values):
        """Compare an inquiry with one client; what is of the client begins with ``known_``."""
        known = {name.removeprefix("known_"): value for name, value in values.items() if name.startswith("known_")}
        address = known.get("address", ("", "", ""))
        client = Client(
            1, known.get("name", ""), known.get("is_company", False), True, None, 1, known.get("company_name", ""),
            [(known["phone"], known["phone"], contact)] if "phone" in known else [],
            [(email, contact) for email in client_names.canonical_emails(known.get("email"))],
            *address,
        )  # fmt: skip
        phone = values.get("phone", "")
        asked = Asked(
            values.get("name", ""), values.get("company_name", ""),
            [(phone if phone.startswith("+") else "", client_names.last_digits(phone))] if phone else [],
            client_names.canonical_emails(values.get("email")),
            Address.parse(*values.get("address", ("", "", ""))),
        )  # fmt: skip
        return Comparison(asked, client, shares or {}, counts or {})

    def _relation(self, asked, known, counts=None):
        return self._compare(name=asked, known_name=known, counts=counts).relation

    def test_relations_of_names(self):
        for asked, known, relation in (
            ("Łukasz Wiśniewski", "WISNIEWSKI LUKASZ", "same"),
            ("dott. D'Angelo Niccolò", "Niccolo Dangelo", "same"),
            ("Anna Kowalska", "Anna Kowalski", "same"),
            ("Maria Joao Gonçalves", "Mariajoão Goncalves", "same"),
            ("Mario Rosi", "Mario Rossi", "alike"),
            ("Maria Silva", "Maria Silva Santos", "alike"),
            ("Jo se Pereeira", "José Pereira", "alike"),
            ("Jan Brzeczyszykiewcz", "Jan Brzęczyszczykiewicz", "far"),
            ("M. Rossi", "Mario Rossi", "initial"),
            ("Rossi", "Mario Rossi", "partial"),
            ("Maria Rossi", "Mario Rossi", "family"),
            ("Zbigniew Nowak", "Mario Rossi", "different"),
            ("Tom Ruiz", "Mario Rossi", "different"),
            ("", "Mario Rossi", "unknown"),
        ):
            self.assertEqual(self._relation(asked, known), relation, (asked, known))

    def test_words_in_use_are_names_of_their_own(self):
        self.assertEqual(self._relation("Luca Conti", "Lucia Conti", {"luca": 50, "lucia": 40}), "family")
        self.assertEqual(self._relation("Mario Rosssi", "Mario Rossi", {"rosssi": 1, "rossi": 90}), "alike")

    def test_name_alone_is_weak_and_another_person_never_sure(self):
        everything = {"phone": "+393331230567", "email": "a@example.org", "address": ADDRESS}
        known = {f"known_{name}": value for name, value in everything.items()}
        self.assertLess(self._compare(name="Mario Rossi", known_name="Mario Rossi").score, 40)
        for name in ("Lucia Rossi", "Zbigniew Nowak"):
            self.assertLess(self._compare(name=name, known_name="Mario Rossi", **everything, **known).score, 85, name)
        self.assertEqual(self._compare(name="Mario Rossi", known_name="Mario Rossi", **everything, **known).score, 100)

    def test_addresses(self):
        for address, kinds in (
            (("v. garibaldi, 15", "torino", "10122"), ["address"]),
            (("Via Giuseppe Garibaldi 15/b", "Torino", ""), ["address"]),
            (("Via Garibladi 51", "Torino", "10122"), ["street"]),
            (("Corso Francia 15", "Torino", "10122"), ["place"]),
            (("", "", "10112"), ["place"]),
            (("Via San Martino 3", "Bari", "70121"), []),
        ):
            reasons = self._compare(address=address, known_address=ADDRESS).reasons
            self.assertEqual([kind for kind, _values in reasons], kinds, address)
        reasons = self._compare(
            address=("Via San Martino 3", "", ""), known_address=("Via San Giovanni 3", "", "")
        ).reasons
        self.assertEqual(reasons, [])

    def test_a_person_is_no_other_name_than_a_company(self):
        hotel = {"known_name": "Hotel Bellavista", "known_is_company": True, "known_phone": "+390115551234"}
        comparison = self._compare(name="Paolo Verdi", phone="+390115551234", **hotel)
        self.assertEqual((comparison.relation, comparison.score), ("unknown", 50))
        self.assertEqual(self._compare(name="Bellavista, hotel", phone="+390115551234", **hotel).relation, "same")

    def test_one_slip_in_phone_or_mail(self):
        known = {"name": "Mario Rossi", "known_name": "Mario Rossi", "known_phone": "+393331230567",
                 "known_email": "mario.rossi82@example.org"}  # fmt: skip
        for contact, is_near in (
            ({"phone": "+393331230657"}, True),
            ({"phone": "+393331239967"}, False),
            ({"email": "mario.rosi82@example.org"}, True),
            ({"email": "mario.rossi82@exampel.org"}, True),
            ({"email": "mario.rossi83@example.org"}, False),
        ):
            score = self._compare(**known, **contact).score
            self.assertEqual(40 <= score < 85, is_near, (contact, score))
            self.assertEqual(score < 40, not is_near, (contact, score))

    def test_what_many_share_says_less(self):
        values = {"name": "Mario Rossi", "known_name": "Mario Rossi", "phone": "+39011555", "known_phone": "+39011555"}
        scores = [self._compare(shares={("phone", "+39011555"): share}, **values).score for share in (1, 2, 4, 20, 100)]
        self.assertEqual(scores, sorted(scores, reverse=True))
        self.assertGreaterEqual(scores[1], 85)
        self.assertLess(scores[2], 85)

    def test_every_reason_has_its_sentence(self):
        phone, mail, name = "+393331230567", "anna@example.org", {"name": "Anna Rossi", "known_name": "Anna Rossi"}
        same_phone, same_mail = {"phone": phone, "known_phone": phone}, {"email": mail, "known_email": mail}
        role = {"email": "info@example.org", "known_email": "info@example.org"}
        cases = {
            "phone": same_phone,
            "phone_contact": {**same_phone, "contact": "Bruno"},
            "phone_shared": {**same_phone, "shares": {("phone", phone): 9}},
            "phone_digits": {"phone": "00 00 333 1230567", "known_phone": phone},
            "phone_near": {"phone": "+393331230576", "known_phone": phone},
            "email": same_mail,
            "email_contact": {**same_mail, "contact": "Bruno"},
            "email_shared": {**same_mail, "shares": {("email", mail): 9}},
            "email_role": role,
            "email_near": {"email": "ana@example.org", "known_email": mail},
            "address": {"address": ADDRESS, "known_address": ADDRESS},
            "street": {"address": ("Via Garibaldi 99", "", ""), "known_address": ADDRESS},
            "place": {"address": ("", "Torino", ""), "known_address": ADDRESS},
            "company": {"company_name": "Bakery srl", "known_company_name": "Bakery spa", **name},
            "name": name,
            "name_shared": {**name, "shares": {("name", "anna rossi"): 10}},
            "name_alike": {**name, "name": "Anna Rosssi"},
            "name_initial": {**name, "name": "A. Rossi"},
            "name_partial": {**name, "name": "Rossi"},
            "name_family": {**name, "name": "Zoe Rossi"},
            "name_different": {**name, "name": "Zoe Nowak"},
        }
        for kind, values in cases.items():
            self.assertIn(kind, dict(self._compare(**values).reasons), kind)
        self.assertEqual(set(cases) | {"archived", "ambiguous"}, set(REASONS))  # those two are of the ranking
