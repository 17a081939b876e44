"""Made-up clients and the inquiries of a lead desk, with whom each of them truly comes from.

Italian, Polish and Portuguese people and companies; the same ones for the same seed. What makes matching hard:

- relatives: same surname, address, and for half of them the same landline or e-mail, with another first name
- homonyms: the same name in another town
- colleagues: contacts of one company with its switchboard and its info@ address
- recycled phones: the number of one client was another one's before
- strangers: one inquiry in three comes from nobody who is known, and half of those are a relative, homonym or colleague
  of a client or have a number that was a client's

What people do to an inquiry (see `Inquirer`), each by chance:

- name: one typo (a letter replaced, left out, doubled, added, or two swapped), no accents, all capitals or none,
  surname first, first name as initial, a title before it, a second surname more or less, a diminutive, only the surname
- phone: none, a new one, one wrong digit, and any way of writing it: with or without the country, 00, dots, dashes
- e-mail: none, a new one, one typo, capitals, Gmail's dots, a tag
- address: none, only the town, a new one, shortened words, a typo in the street, a postal code with one wrong digit
"""

import random
import unicodedata
from dataclasses import dataclass, field

from countries import COUNTRIES, DIMINUTIVES, digits

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def without_accents(text):
    text = unicodedata.normalize("NFKD", text.replace("ł", "l").replace("Ł", "L"))
    return "".join(char for char in text if not unicodedata.combining(char))


def typo(rng, text):
    """One slip of the finger, not in the first letter."""
    if len(text) < 4:
        return text
    at = rng.randrange(1, len(text) - 1)
    slip = rng.choice(("replace", "omit", "double", "add", "swap"))
    return {
        "replace": text[:at] + rng.choice(LETTERS) + text[at + 1 :],
        "omit": text[:at] + text[at + 1 :],
        "double": text[:at] + text[at] + text[at:],
        "add": text[:at] + rng.choice(LETTERS) + text[at:],
        "swap": text[:at] + text[at + 1] + text[at] + text[at + 2 :],
    }[slip]


@dataclass
class Client:
    """A client as Odoo has it. Phones in full, with the country's prefix; a contact has the place of its company."""

    country: str
    first: str = ""
    last: str = ""
    company: str = ""
    phone: str = ""
    email: str = ""
    street: str = ""
    city: str = ""
    zip: str = ""
    second_last: str = ""
    parent: "Client | None" = None
    is_company: bool = False
    family: set = field(default_factory=set)  # first names of all who live there

    @property
    def name(self):
        return self.company if self.is_company else " ".join(filter(None, (self.first, self.last, self.second_last)))


class World:
    """The clients, and those who are none but could be taken for one.

    :param int count: of clients, contacts of companies included
    """

    def __init__(self, seed, count):
        self.rng = random.Random(seed)
        self.names = {
            code: {
                "first": [name.replace("-", " ") for name in data["first"].split()],
                "last": [name.replace("-", " ") for name in data["last"].split()],
                "towns": [
                    town.replace("-", " ", 1 if "-" in town.split(":")[0] else 0) for town in data["towns"].split()
                ],
                "streets": data["streets"].split(";"),
            }
            for code, data in COUNTRIES.items()
        }
        self.clients, self.mails = [], set()
        while len(self.clients) < count:
            kind = self.rng.random()
            if kind < 0.12 and self.clients:
                self.clients.append(self.relative(self.pick_person()))
            elif kind < 0.18 and self.clients:
                self.clients.append(self.homonym(self.pick_person()))
            elif kind < 0.21 and self.clients:
                self.clients.append(self.successor(self.pick_person()))
            elif kind < 0.26:
                self.add_company()
            else:
                self.clients.append(self.person())

    def pick_person(self):
        while True:
            client = self.rng.choice(self.clients)
            if not client.is_company and not client.parent:
                return client

    # ------------------------------------------------------------
    # PEOPLE
    # ------------------------------------------------------------

    def person(self, country=None):
        rng = self.rng
        country = country or rng.choice(("IT", "IT", "PL", "PT"))
        names = self.names[country]
        person = Client(country, rng.choice(names["first"]), self.last_name(country))
        if country == "PT" and rng.random() < 0.5 or rng.random() < 0.05:
            person.second_last = self.last_name(country)
        person.family.add(person.first)
        self.house(person)
        person.phone = self.number(country, "mobile") if rng.random() < 0.9 else ""
        person.email = self.mail(person) if rng.random() < 0.75 or not person.phone else ""
        return person

    def last_name(self, country):
        """Half of the surnames are common ones, half are made of two: there are many thousands in real life."""
        rng, names = self.rng, self.names[country]["last"]
        name = rng.choice(names)
        if rng.random() < 0.5:
            tail = {
                "IT": "elli ucci oni etti acci iero aldi",
                "PL": "owski czyk icki alski niak",
                "PT": "eiro ais inho eda edo",
            }
            name = name[: rng.randint(3, 6)].rstrip(" '") + rng.choice(LETTERS[:20]) + rng.choice(tail[country].split())
            name = name[:1].upper() + name[1:].lower()
        return name

    def house(self, client):
        rng, names = self.rng, self.names[client.country]
        town, _colon, client.zip = rng.choice(names["towns"]).partition(":")
        client.city = town
        client.street = f"{rng.choice(names['streets'])} {rng.randint(1, 150)}"

    def number(self, country, kind):
        return "+" + COUNTRIES[country]["prefix"] + COUNTRIES[country][kind](self.rng)

    def mail(self, person):
        """An address that nobody else has."""
        rng = self.rng
        first, last = (
            without_accents(part).lower().replace(" ", "").replace("'", "") for part in (person.first, person.last)
        )
        while True:
            local = rng.choice((f"{first}.{last}", f"{first[:1]}{last}", f"{last}{first[:1]}", f"{first}{last}"))
            number = rng.choice(("", rng.randint(1, 99), rng.randint(1950, 2009)))
            mail = f"{local}{number}@{rng.choice(COUNTRIES[person.country]['mail'].split())}"
            if mail.replace(".", "") not in self.mails:
                self.mails.add(mail.replace(".", ""))
                return mail

    def relative(self, person):
        """Shares house and surname, and for half of them the phone or the e-mail."""
        rng = self.rng
        other = Client(person.country, "", person.last, street=person.street, city=person.city, zip=person.zip)
        other.first = rng.choice([name for name in self.names[person.country]["first"] if name not in person.family])
        other.family = person.family
        other.family.add(other.first)
        other.phone = person.phone if rng.random() < 0.35 else self.number(person.country, "mobile")
        other.email = person.email if rng.random() < 0.15 else self.mail(other)
        return other

    def homonym(self, person):
        other = self.person(person.country)
        other.first, other.last, other.second_last = person.first, person.last, person.second_last
        other.family = {other.first}
        other.email = other.email and self.mail(other)
        return other

    def successor(self, person):
        """Whoever has a number now that was another one's."""
        other = self.person(person.country)
        other.phone = person.phone or other.phone
        return other

    def add_company(self):
        rng = self.rng
        country = rng.choice(("IT", "IT", "PL", "PT"))
        data = COUNTRIES[country]
        last = self.last_name(country)
        form = rng.choice(data["forms"].split(";")).format(last=last)
        company = Client(country, company=f"{rng.choice(data['company'].split())} {last} {form}", is_company=True)
        self.house(company)
        domain = without_accents(company.company.split()[0] + last).lower().replace("'", "").replace(" ", "")
        company.phone = self.number(country, "landline")
        company.email = f"info@{domain}.{country.lower()}"
        self.clients.append(company)
        for _number in range(rng.randint(0, 4)):
            colleague = self.colleague(company)
            self.clients.append(colleague)

    def colleague(self, company):
        rng = self.rng
        person = Client(
            company.country, rng.choice(self.names[company.country]["first"]), self.last_name(company.country)
        )
        person.parent = company
        person.company = company.company
        person.phone = company.phone if rng.random() < 0.6 else self.number(company.country, "mobile")
        local = without_accents(f"{person.first}.{person.last}").lower().replace(" ", "").replace("'", "")
        person.email = company.email if rng.random() < 0.3 else f"{local}@{company.email.partition('@')[2]}"
        return person

    def stranger(self):
        kind = self.rng.random()
        if kind < 0.5:
            return self.person()
        person = self.pick_person()
        if kind < 0.68:
            return self.relative(person)
        if kind < 0.82:
            return self.homonym(person)
        if kind < 0.92:
            return self.successor(person)
        companies = [client for client in self.rng.sample(self.clients, 200) if client.is_company]
        return self.colleague(companies[0]) if companies else self.person()

    # ------------------------------------------------------------
    # INQUIRIES
    # ------------------------------------------------------------

    def inquiries(self, count):
        """
        :return: (values for the match engine with the country's code, the client or None) of each inquiry
        """
        inquirer = Inquirer(self)
        made = []
        for _number in range(count):
            is_known = self.rng.random() < 0.67
            client = self.rng.choice(self.clients) if is_known else self.stranger()
            made.append((inquirer.write(client), client if is_known else None))
        return made


class Inquirer:
    """Writes an inquiry as people do."""

    def __init__(self, world):
        self.world, self.rng = world, world.rng

    def chance(self, probability):
        return self.rng.random() < probability

    def write(self, client):
        values = {"country": client.country}
        if client.is_company:
            values["company_name"] = self.company(client)
        else:
            values["name"] = self.name(client)
            if client.parent and self.chance(0.7):
                values["company_name"] = self.company(client.parent)
        phone, email = self.phone(client), self.email(client)
        if not phone and not email:  # an inquiry has one of them
            phone = client.phone and self.write_phone(client.country, client.phone)
            email = client.email if not phone else ""
        return {**values, "phone": phone, "email": email, **self.address(client.parent or client)}

    def name(self, person):
        first, last, second = person.first, person.last, person.second_last
        if self.chance(0.03):
            first = DIMINUTIVES.get(first, first)
        if self.chance(0.04):
            first = first[:1] + "."
        elif self.chance(0.02):
            first = ""
        if self.chance(0.12):
            last = typo(self.rng, last)
        elif self.chance(0.06):
            first = typo(self.rng, first)
        if second and self.chance(0.4):
            second = ""
        elif not second and person.country == "PT" and self.chance(0.1):
            second = self.world.last_name(person.country)
        parts = [last, second, first] if self.chance(0.15) else [first, last, second]
        if self.chance(0.06):
            parts.insert(0, self.rng.choice(COUNTRIES[person.country]["titles"].split()))
        return self.writing(" ".join(filter(None, parts)))

    def company(self, company):
        name = company.company
        if self.chance(0.3):
            name = name.rsplit(" ", 1)[0]
        if self.chance(0.1):
            name = typo(self.rng, name)
        return self.writing(name)

    def writing(self, text):
        if self.chance(0.5):
            text = without_accents(text)
        return self.rng.choice((text, text, text, text.upper(), text.lower()))

    def phone(self, client):
        rng = self.rng
        if not client.phone or self.chance(0.2):
            return ""
        number = client.phone
        if self.chance(0.1):
            number = self.world.number(client.country, "mobile")
        elif self.chance(0.03):
            at = rng.randrange(5, len(number))
            number = number[:at] + rng.choice("0123456789") + number[at + 1 :]
        return self.write_phone(client.country, number)

    def write_phone(self, country, number):
        rng, prefix = self.rng, COUNTRIES[country]["prefix"]
        local = number.removeprefix("+" + prefix)
        size = rng.choice((2, 3, 4))
        separator = rng.choice(("", " ", "-", ".", "/"))
        local = separator.join(local[at : at + size] for at in range(0, len(local), size))
        return rng.choice((local, local, f"+{prefix} {local}", f"00{prefix}{local}", f"(+{prefix}) {local}"))

    def email(self, client):
        rng = self.rng
        if not client.email or self.chance(0.25):
            return ""
        email = client.email
        if self.chance(0.1):
            email = f"{rng.choice(LETTERS)}{digits(rng, 6)}@{rng.choice(COUNTRIES[client.country]['mail'].split())}"
        elif self.chance(0.03):
            local, _at, domain = email.partition("@")
            email = f"{typo(rng, local)}@{domain}"
        elif email.endswith("@gmail.com") and self.chance(0.2):
            email = rng.choice((email.replace("@", "+web@"), email[:2] + "." + email[2:]))
        return email.title() if self.chance(0.1) else email

    def address(self, client):
        rng = self.rng
        if self.chance(0.55):
            return {}
        if self.chance(0.3):
            return {"city": self.writing(client.city)}
        if self.chance(0.06):
            other = Client(client.country)
            self.world.house(other)
            client = other
        street, zip_code = client.street, client.zip
        if self.chance(0.3):
            for long, short in COUNTRIES[client.country]["short"]:
                street = street.replace(long, short)
        if self.chance(0.05):
            street = typo(rng, street.rsplit(" ", 1)[0]) + " " + street.rsplit(" ", 1)[1]
        if self.chance(0.03):
            zip_code = zip_code[:-1] + rng.choice("0123456789")
        return {"street": self.writing(street), "city": self.writing(client.city), "zip": zip_code}
