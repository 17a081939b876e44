"""What is compared of names, addresses, phones and e-mails, and the keys under which clients are found.

Plain Python without Odoo: everything here takes and returns texts.
"""

import hashlib
import re
import unicodedata
from functools import lru_cache
from itertools import permutations

from rapidfuzz.distance import OSA

MAX_LENGTH, MAX_TOKENS, MAX_KEYS = 200, 6, 48
# the last digits of a phone that are compared where it can't be read as a number of any country
PHONE_DIGITS, MIN_PHONE_DIGITS, MAX_PHONE_DIGITS = 9, 6, 16
PHONE_SEPARATORS = re.compile(r"[/;,|\n]|[^\W\d]+|\s{2,}|\s-\s")

# letters that no decomposition of Unicode takes the mark off
LETTERS = str.maketrans({"ł": "l", "đ": "d", "ø": "o", "ß": "ss", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ı": "i"})
APOSTROPHES = re.compile(r"['’`´ʼ]")
ABBREVIATION = re.compile(r"\b(?:[^\W\d_]\.){2,}", re.UNICODE)
SEPARATORS = re.compile(r"[^a-z0-9]+")
TITLES = set(
    "mr mrs ms miss dr dott dottssa dottoressa prof profssa ing avv arch geom rag sig sigra signor signora signorina "
    "ra ssa egr gent spett pan pani panstwo mgr inz hab lek mec sr sra srta srs dom dona eng enga dra doutor doutora "
    "exmo exma herr frau monsieur madame jr senior".split()
)
LEGAL_FORMS = set(
    "srl srls spa sas snc sapa scarl scrl soc coop societa spolka spzoo zoo sp z o oo sk sj ska sa se lda ltda "
    "unipessoal sociedade limitada ltd limited llc llp plc inc corp co company gmbh ag kg ug ek bv nv sarl eurl ab oy "
    "as e c kft sro".split()
)
# parts of a surname that people write or leave out
PARTICLES = set("de da do dos das di del della dei degli lo la le li e y van von der den".split())
# mailboxes of an office, not of a person
ROLES = set(
    "info office sales contact contacts contatti contacto contato kontakt biuro sekretariat geral comercial "
    "commerciale amministrazione segreteria booking bookings reception rezerwacje reservas prenotazioni hello admin "
    "mail email support service servizio marketing hotel shop".split()
)
SOUNDS = (
    ("sch", "s"), ("szcz", "sc"), ("sz", "s"), ("cz", "c"), ("rz", "z"), ("ph", "f"), ("th", "t"), ("gh", "g"),
    ("gl", "l"), ("gn", "n"), ("lh", "l"), ("nh", "n"), ("ch", "k"), ("ck", "k"), ("w", "v"), ("q", "k"), ("c", "k"),
    ("x", "s"), ("z", "s"), ("j", "i"), ("y", "i"), ("h", ""),
)  # fmt: skip
VOWELS = re.compile(r"[aeiou]")
DOUBLES = re.compile(r"(.)\1+")
STREET_WORDS = set(
    "via viale piazza corso vicolo largo strada ul ulica al aleja os osiedle pl plac rua avenida av travessa praca "
    "street st road rd avenue ave place pl close crescent drive circuit court n nr no m lok".split()
)


def plain(text):
    """A text in lower case, of plain letters and digits with single spaces between."""
    return _plain(text[:MAX_LENGTH]) if text and isinstance(text, str) else ""


@lru_cache(maxsize=4096)
def _plain(text):
    text = APOSTROPHES.sub("", text.casefold())
    if "." in text:
        text = ABBREVIATION.sub(lambda match: match[0].replace(".", ""), text)
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.translate(LETTERS))
        text = "".join(char for char in text if not unicodedata.combining(char))
    return SEPARATORS.sub(" ", text).strip()


def name_tokens(text):
    """The words of a person's name, without titles."""
    tokens = plain(text).split()[:MAX_TOKENS]
    return [token for token in tokens if token not in TITLES] or tokens


def company_tokens(text):
    """The words of a company's name, without its legal form."""
    tokens = plain(text).split()[: MAX_TOKENS + 3]
    return ([token for token in tokens if token not in LEGAL_FORMS] or tokens)[:MAX_TOKENS]


def street_parts(text):
    """The house number and the words of a street that tell it from others; either may be empty.

    The number stands after the name ("ul. 3 Maja 80"), or else it is the first one ("12 Baker Street").
    """
    tokens = plain(text).split()
    is_word = [token[0].isalpha() and len(token) > 1 and token not in STREET_WORDS for token in tokens]
    numbers = [index for index, token in enumerate(tokens) if token[0].isdigit()]
    after = next((index for index in numbers if any(is_word[:index])), numbers[0] if numbers else None)
    words = [token for token, is_it in zip(tokens, is_word, strict=True) if is_it]
    return tokens[after] if numbers else "", sorted(words, key=len, reverse=True)


@lru_cache(maxsize=4096)
def skeleton(token):
    """How a word sounds, roughly: its consonants, what sounds alike as the same letter, its first letter kept."""
    for written, spoken in SOUNDS:
        token = token.replace(written, spoken)
    return DOUBLES.sub(r"\1", token[:1] + VOWELS.sub("", token[1:]))


def gender_free(token):
    """Polish surnames have a form for men and one for women."""
    return token[:-1] + "i" if token.endswith(("ska", "cka", "dzka")) else token


def canonical_emails(text):
    """The addresses in a text as their mailbox: without case, tags, and the dots that Gmail ignores."""
    if not isinstance(text, str):
        return []
    found = []
    for email in re.findall(r"[^\s<>,;\"']+@[^\s<>,;\"']+\.[^\s<>,;\"']+", text[:500].lower()):
        local, _at, domain = email.partition("@")
        local = local.partition("+")[0] or local
        if domain in ("gmail.com", "googlemail.com"):
            local, domain = local.replace(".", "") or local, "gmail.com"
        found.append(f"{local}@{domain.rstrip('.')}")
    return list(dict.fromkeys(found))


def is_role(email):
    return SEPARATORS.sub("", email.partition("@")[0]) in ROLES


def is_near_email(first, second):
    """Whether two addresses differ by one mistyped letter; with other digits they are those of two people."""
    return is_slip(first, second) and re.findall(r"\d", first) == re.findall(r"\d", second)


def split_phones(text):
    """The numbers in a text: what is too long for one has something between them, such as ``/`` or ``or``."""
    if not isinstance(text, str) or not text.strip():
        return []
    text = text[:MAX_LENGTH]
    if sum(char.isdigit() for char in text) <= MAX_PHONE_DIGITS:
        return [text]
    return [part for part in PHONE_SEPARATORS.split(text) if last_digits(part)][:3] or [text]


def last_digits(text):
    """The last digits of a phone however it is written; empty if there are too few."""
    digits = "".join(char for char in text[:60] if char.isdigit()) if isinstance(text, str) else ""
    return digits[-PHONE_DIGITS:] if len(digits) >= MIN_PHONE_DIGITS else ""


def _hash(kind, text):
    return int.from_bytes(hashlib.blake2b(f"{kind}:{text}".encode(), digest_size=8).digest(), "big", signed=True)


def phone_keys(sanitized, written):
    """
    :param str sanitized: the number in E.164, if it can be read
    :param str written: as somebody wrote it, maybe several numbers
    :return: ``{key: (kind, text)}``
    """
    keys = {}
    if sanitized:
        keys[_hash("phone", sanitized)] = ("phone", sanitized)
    for number in [sanitized] if sanitized else split_phones(written):
        digits = last_digits(number)
        if digits:
            keys[_hash("digits", digits)] = ("digits", digits)
    return keys


def email_keys(text):
    return {_hash("email", email): ("email", email) for email in canonical_emails(text)}


def name_keys(tokens):
    """Keys of a name: the whole of it, and for each two of its words the sound of one with that of the other, whole and
    with one letter missing; a word with the initial of the other; each word alone."""
    keys = {_hash("name", " ".join(sorted(tokens))): ("name", " ".join(sorted(tokens)))} if tokens else {}
    words = [gender_free(token) for token in tokens if token not in PARTICLES] or tokens
    for first, second in permutations(words[:4], 2):
        sound, other = skeleton(first), skeleton(second)
        if len(first) > 1:
            keys[_hash("initial", f"{first} {second[0]}")] = ("initial", "")
        if len(first) == 1 or len(second) == 1:
            continue
        for index in range(-1, len(other)):
            short = other if index < 0 else other[:index] + other[index + 1 :]
            keys[_hash("sound", f"{sound} {short}")] = ("sound", "")
    for word in words:
        if len(word) > 2:
            keys[_hash("word", word)] = ("word", word)
    joined = "".join(sorted(words))
    if len(words) > 1 or len(joined) > 7:
        keys[_hash("joined", joined)] = ("joined", "")
    return dict(list(keys.items())[:MAX_KEYS])


def address_keys(tokens, street, city, zip_code):
    """Keys of a name at a place and in a street, and of a house."""
    keys = {}
    places = [place for place in (plain(city).replace(" ", ""), plain(zip_code).replace(" ", "")) if place]
    sounds = {skeleton(token) for token in tokens[:3] if len(token) > 1}
    for place in places:
        for sound in sounds:
            keys[_hash("place", f"{place} {sound}")] = ("place", "")
    number, words = street_parts(street)
    for word in words[:3]:
        if number:
            keys[_hash("house", f"{number} {skeleton(word)}")] = ("house", "")
        for sound in sounds:
            keys[_hash("street", f"{skeleton(word)} {sound}")] = ("street", "")
    for place in places if number else ():
        keys[_hash("door", f"{number} {place}")] = ("door", "")
    return keys


@lru_cache(maxsize=4096)
def is_typo(first, second):
    """Whether two words are one, mistyped. Words that differ in their last vowel are two: Mario and Maria."""
    if first == second:
        return True
    length = max(len(first), len(second))
    if length < 4 or min(len(first), len(second)) < 3 or abs(len(first) - len(second)) > 3:
        return False
    if first.rstrip("aeiou") == second.rstrip("aeiou") and first[:1] == second[:1]:
        return False
    distance = OSA.distance(first, second, score_cutoff=4)
    if distance == 1 or (distance == 2 and length > 6):
        return True
    sound = skeleton(first)
    return distance <= 3 and length > 4 and len(sound) > 2 and sound == skeleton(second)


def is_slip(first, second):
    """Whether two words differ by one slip of the finger at most."""
    return OSA.distance(first, second, score_cutoff=1) <= 1


def is_same_place(first, second):
    """Whether two names of a town, or two postal codes, are one, mistyped at most."""
    distance = OSA.distance(first, second, score_cutoff=2)
    return distance <= min(2, max(len(first), len(second)) // 5)


def is_near(first, second):
    """Whether two numbers differ by one slip of the finger."""
    return len(first) > 1 and first != second and is_slip(first, second)
