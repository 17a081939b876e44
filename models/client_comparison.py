"""What speaks for a client being the person or company of an inquiry, in points of 100 and with the reasons.

Plain Python without Odoo. Each piece of evidence adds its points, as in the method of Fellegi and Sunter; what stays
possible nonetheless (another person of the family, a colleague, a former owner of the number) limits the sum.
"""

from dataclasses import dataclass, field
from functools import cached_property

from . import client_names

# Phone or e-mail and name prove who it is; either alone is for a person to judge.
PHONE, PHONE_DIGITS, FEW_DIGITS, EMAIL, ROLE_EMAIL = 50, 46, 25, 50, 20
# what belongs to so few clients may be a couple's; of more it is an office's and says less the more there are
HOUSEHOLD, HOUSEHOLD_SHARE = 3, 0.96
STREET, NUMBER, CITY, ZIP, ELSEWHERE = 30, 17, 14, 15, -3
# one slip of the finger away
NEAR_PHONE, NEAR_EMAIL, NEAR_NUMBER, NEAR_ZIP = 30, 30, 9, 14
# the most of an address, and without its number: it may have been mistyped, but then a new phone is one too many
ADDRESS, ADDRESS_OF_STREET = 50, 45
OTHER_PHONE, OTHER_EMAIL, SAME_COMPANY = -3, -3, 25
NAMES = {
    "same": 41, "alike": 40, "far": 36, "initial": 36, "partial": 35, "family": 8, "different": -12, "unknown": 0,
}  # fmt: skip
# the whole name is there, mistyped at most
WHOLE_NAME = ("same", "alike", "far")
# a name that so many clients have says less
COMMON_NAME, COMMON_NAME_LOSS = 10, -3
# what counts as the same phone, e-mail or address where no whole name says who it is
SAME = 46
# the most that can be reached by a name alone; without the whole name; by the company of whoever writes
NAME_ALONE, OTHER_PERSON, COMPANY_OF_PERSON = 39, 78, 70
# from how many points on a client is a candidate at all
LEAST = 15
# a mistyped word is in use by fewer clients than this, or by a fifth of those who have the right one
RARE_WORD, RARE_SHARE = 4, 0.2


@dataclass
class Address:
    """The parts of an address that are compared."""

    street: str = ""
    number: str = ""
    words: list = field(default_factory=list)
    city: str = ""
    zip: str = ""

    @classmethod
    def parse(cls, street, city, zip_code):
        number, words = client_names.street_parts(street)
        return cls(
            "".join(token for token in client_names.plain(street).split() if not token[0].isdigit()),
            number,
            words,
            *(client_names.plain(part).replace(" ", "") for part in (city, zip_code)),
        )

    def has_street_of(self, other):
        """Whether the streets are one, mistyped or shortened at most."""
        if not self.street or not other.street:
            return False
        if client_names.is_same_place(self.street, other.street):
            return True
        matched = sum(len(word) for word in self.words if any(client_names.is_typo(word, one) for one in other.words))
        return matched > 0.5 * max(sum(map(len, self.words)), sum(map(len, other.words)))


@dataclass
class Asked:
    """What an inquiry says of whoever wrote it, normalised: phones as (E.164 or nothing, last digits); ``keys`` to look
    for."""

    name: str
    company_name: str
    phones: list
    emails: list
    address: Address
    keys: dict = field(default_factory=dict)
    excluded: set = field(default_factory=set)

    def __post_init__(self):
        self.tokens = client_names.name_tokens(self.name)
        self.company = client_names.company_tokens(self.company_name)


@dataclass
class Client:
    """A client as the database has it: phones as (number, as written, name of the contact), e-mails as (address, name
    of the contact). What a comparison does not ask for is not normalised."""

    id: int
    name: str
    is_company: bool
    is_active: bool
    parent_id: int | None
    commercial_id: int
    company_name: str
    phones: list
    emails: list
    street: str
    city: str
    zip: str

    @cached_property
    def tokens(self):
        return (client_names.company_tokens if self.is_company else client_names.name_tokens)(self.name)

    @cached_property
    def company(self):
        return client_names.company_tokens(self.company_name)

    @cached_property
    def numbers(self):
        """(E.164 or nothing, last digits, name of the contact) of each phone."""
        return [
            (number or "", digits, contact)
            for number, written, contact in self.phones
            for digits in map(client_names.last_digits, [number] if number else client_names.split_phones(written))
            if digits
        ]

    @cached_property
    def address(self):
        return Address.parse(self.street, self.city, self.zip)


class Comparison:
    """One client compared with what is asked.

    :param Asked asked:
    :param Client client:
    :param dict shares: how many clients share each (kind, text) of phone, e-mail and name
    :param dict counts: how many clients have each word of a name that may be mistyped
    """

    def __init__(self, asked, client, shares, counts):
        self.asked, self.client, self.shares, self.counts = asked, client, shares, counts
        self.reasons = []  # (kind, values)
        self.relation = "unknown"
        name_points, name_reason = self._compare_names()
        phone, email, address = self._compare_phones(), self._compare_emails(), self._compare_addresses()
        proofs = (phone, email, address, self._compare_companies())
        if name_reason:
            self.reasons.append(name_reason)
        score = min(name_points + sum(proofs), 100)
        if max(proofs) <= 0:
            score = min(score, NAME_ALONE)
        # a family shares its house and its phone: without the whole name nothing may speak for somebody else of it
        is_one = min(phone, email) >= SAME or (min(phone, email) >= 0 and address >= SAME)
        if self.relation in ("family", "different") or (self.relation not in WHOLE_NAME and not is_one):
            score = min(score, OTHER_PERSON)
        if asked.company and not client.is_company and not asked.tokens:  # a company writes: not one of its contacts
            score = min(score, OTHER_PERSON)
        if client.is_company and asked.tokens and (asked.company or self.relation not in WHOLE_NAME):
            score = min(score, COMPANY_OF_PERSON)
        self.score = round(score) if score >= LEAST else 0

    def _add(self, kind, **values):
        self.reasons.append((kind, values))

    def _share_out(self, points, share):
        if share <= 1:
            return points
        if share <= HOUSEHOLD:
            return points * HOUSEHOLD_SHARE
        return points * HOUSEHOLD_SHARE * HOUSEHOLD / share

    # ------------------------------------------------------------
    # PHONE, E-MAIL
    # ------------------------------------------------------------

    def _compare_phones(self):
        asked, known = self.asked.phones, self.client.numbers
        if not asked or not known:
            return 0
        pairs = [(*ours, *theirs) for ours in asked for theirs in known]
        for phone, _digits, number, _known_digits, contact in pairs:
            if phone and phone == number:
                share = self.shares.get(("phone", number), 1)
                kind = "phone_shared" if share > HOUSEHOLD else "phone_contact" if contact else "phone"
                self._add(kind, phone=number, contact=contact, count=share)
                return self._share_out(PHONE, share)
        for _phone, digits, number, known_digits, _contact in pairs:
            if digits == known_digits:
                self._add("phone_digits", phone=number or digits)
                is_whole = len(digits) == client_names.PHONE_DIGITS
                share = self.shares.get(("digits", digits), 1)
                return self._share_out(PHONE_DIGITS if is_whole else FEW_DIGITS, share)
        for _phone, digits, number, known_digits, _contact in pairs:
            if client_names.is_near(digits, known_digits):
                self._add("phone_near", phone=number or known_digits)
                return NEAR_PHONE
        return OTHER_PHONE

    def _compare_emails(self):
        known = dict(reversed(self.client.emails))  # the client's own wins over a contact's
        for email in self.asked.emails:
            if email not in known:
                continue
            share, is_role, contact = self.shares.get(("email", email), 1), client_names.is_role(email), known[email]
            kind = "email_shared" if share > HOUSEHOLD else "email_role" if is_role else "email"
            self._add(
                "email_contact" if contact and kind == "email" else kind, email=email, contact=contact, count=share
            )
            is_own = not is_role or (self.client.is_company and share <= 1)
            return self._share_out(EMAIL if is_own else ROLE_EMAIL, share)
        for email in known:
            if any(client_names.is_near_email(email, other) for other in self.asked.emails):
                self._add("email_near", email=email)
                return NEAR_EMAIL
        return OTHER_EMAIL if self.asked.emails and known else 0

    # ------------------------------------------------------------
    # ADDRESS, COMPANY
    # ------------------------------------------------------------

    def _compare_addresses(self):
        asked = self.asked.address
        if not (asked.street or asked.city or asked.zip):
            return 0
        known = self.client.address
        points, has_street = 0, asked.has_street_of(known)
        if has_street:
            points += STREET
        is_same_place = False
        if asked.city and known.city and client_names.is_same_place(asked.city, known.city):
            points, is_same_place = points + CITY, True
        if asked.zip and known.zip and (asked.zip == known.zip or client_names.is_near(asked.zip, known.zip)):
            points, is_same_place = points + (ZIP if asked.zip == known.zip else NEAR_ZIP), True
        if not has_street and not is_same_place:
            return ELSEWHERE if (known.city or known.zip) and (asked.city or asked.zip) else 0
        number = 0
        if asked.number and known.number:
            if asked.number == known.number:
                number = NUMBER
            elif client_names.is_near(asked.number, known.number):
                number = NEAR_NUMBER
        kind = "street" if has_street else "place"
        kind = "address" if has_street and number == NUMBER else kind
        self._add(kind, street=self.client.street, city=self.client.city or self.client.zip)
        return min(ADDRESS if number else ADDRESS_OF_STREET, points + number)

    def _compare_companies(self):
        if self.client.is_company or not self.asked.company or not self.client.company:
            return 0
        if self._relate(self.asked.company, self.client.company)[0] not in WHOLE_NAME:
            return 0
        self._add("company")
        return SAME_COMPANY

    # ------------------------------------------------------------
    # NAMES
    # ------------------------------------------------------------

    def _compare_names(self):
        """
        :return: points, (kind, values) or None
        """
        asked, client = self.asked, self.client
        if client.is_company:
            tokens = asked.company or client_names.company_tokens(asked.name)
            name = asked.company_name or asked.name
        else:
            tokens, name = asked.tokens, asked.name
        if not tokens or not client.tokens:
            return 0, None
        relation, likeness = self._relate(tokens, client.tokens)
        if client.is_company and not asked.company and relation not in WHOLE_NAME:
            return 0, None  # a person, who may well be of this company
        self.relation = relation
        points = NAMES[self.relation]
        count = self.shares.get(("name", " ".join(sorted(tokens))), 1)
        kind = "name_alike" if self.relation in WHOLE_NAME else f"name_{self.relation}"
        if likeness == 1:
            kind = "name"
            if count >= COMMON_NAME and not client.is_company:
                kind, points = "name_shared", points + COMMON_NAME_LOSS
        values = {"asked": name.strip(), "known": client.name, "percent": round(100 * likeness), "count": count}
        return points, (kind, values)

    def _relate(self, asked, known):
        """How two names relate, word by word in any order.

        :return: one of :data:`NAMES`, likeness from 0 to 1
        """
        left, right = self._pick(asked), self._pick(known)
        if sorted(left) == sorted(right) or "".join(sorted(left)) == "".join(sorted(right)):
            return "same", 1.0
        if "".join(left) == "".join(right) or "".join(reversed(left)) == "".join(right):
            return "same", 0.98
        if len(left) != len(right) and client_names.is_slip("".join(left), "".join(right)):  # a space more or less
            return "alike", 0.9
        equal, typos, initials = [], [], []
        rest, open_words = list(right), list(left)
        for is_match, found in ((str.__eq__, equal), (self._is_same_word, typos), (self._is_initial, initials)):
            for word in list(open_words):
                other = next((other for other in rest if is_match(word, other)), None)
                if other is not None:
                    rest.remove(other)
                    open_words.remove(word)
                    found.append((word, other))
        matched = len(equal) + len(typos)
        likeness = (len(equal) + 0.85 * len(typos) + 0.5 * len(initials)) / max(
            1, matched + len(initials) + 0.5 * (len(open_words) + len(rest))
        )
        if open_words and rest:
            return ("family" if matched else "different"), likeness
        if matched >= 2 or (matched == 1 and len(left) == len(right) == 1):
            return ("alike" if all(client_names.is_slip(word, other) for word, other in typos) else "far"), likeness
        if matched and initials:
            return "initial", likeness
        return ("partial" if matched else "different"), likeness

    @staticmethod
    def _pick(tokens):
        """The words that count, without ``de`` and ``di``, unless there are no others."""
        words = [token for token in tokens if token not in client_names.PARTICLES]
        return [client_names.gender_free(token) for token in (words if len(words) > 1 else tokens)]

    def _is_same_word(self, word, other):
        """A mistyped word is rare by nature: of two that are both in use each is a name of its own."""
        if len(word) < 2 or len(other) < 2 or not client_names.is_typo(word, other):
            return False
        few, many = sorted((self.counts.get(word, 0), self.counts.get(other, 0)))
        return few < RARE_WORD or few < RARE_SHARE * many

    @staticmethod
    def _is_initial(word, other):
        return (len(word) == 1 or len(other) == 1) and word[0] == other[0]
