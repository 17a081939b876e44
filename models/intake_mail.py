"""What stands in a mail: its parts as text, what is quoted and what is forwarded, its tables.

Plain Python, without a database: what a channel's field map looks into is made here.
"""

import codecs
import re
from email import message_from_string, policy
from email.utils import getaddresses
from itertools import islice

from lxml import etree, html

LONGEST_PART = 200_000
LONGEST_HEADER = 400
# of a cell with tables in it that is no mere layout
MOST_NODES = 50
# as mails of Poland are sent that say nothing, or the wrong thing, of their characters
GUESSED = ("utf-8", "cp1250", "latin-1")
BLOCKS = {"p", "div", "tr", "table", "li", "ul", "ol", "dl", "dt", "dd", "blockquote", "pre", "hr"}
BLOCKS |= {f"h{level}" for level in range(1, 7)}
DROPPED = ("script", "style", "head", "title")
QUOTES = "//blockquote | //*[contains(concat(' ', normalize-space(@class), ' '), ' gmail_quote ')]"

FORWARD = re.compile(r"^\s*(?:fwd?|pd|przek|wg|tr|enc|i)\s*:\s*", re.IGNORECASE)
FORWARDED = re.compile(
    r"^[ \t>]*(?:-{2,}[ \t]*(?:forwarded message|przekazana wiadomość|wiadomość przekazana|messaggio inoltrato|"
    r"mensagem encaminhada|weitergeleitete nachricht|message transféré)[ \t]*-{2,}|begin forwarded message:)",
    re.IGNORECASE | re.MULTILINE,
)
SENDER = re.compile(r"^[ \t>*]*(?:from|od|nadawca|von|da|de)[ \t]*:[ \t*]*([^\s*].*@.*)$", re.IGNORECASE | re.MULTILINE)
# what stands above what is quoted in an answer
ANSWERED = re.compile(
    r"^(?:[ \t]*-{2,}[ \t]*(?:original message|wiadomość oryginalna|oryginalna wiadomość|messaggio originale|"
    r"mensagem original|ursprüngliche nachricht)[ \t]*-{2,}"
    r"|(?:on|w dniu|dnia|il|em|am|le)\b[^\n]{4,200}(?:\n[^\n]{0,100})?"
    r"\b(?:wrote|napisał(?:\(a\)|a)?|pisze|ha scritto|escreveu|schrieb|a écrit)\s*:)",
    re.IGNORECASE | re.MULTILINE,
)
RULER = re.compile(r"[\s>]*(?:[-=_*]{3,}|—+)\s*")
MARKS = r"[^\S\n]*(?:[>•*·|_-][^\S\n]*)*"


# ------------------------------------------------------------
# PARTS
# ------------------------------------------------------------


def read_parts(message):
    """The parts of a mail. One that was forwarded as a whole is read instead of what is around it.

    :param message: email.message.EmailMessage
    :return: dict of texts: ``subject``, ``from``, ``reply_to``, ``date``, ``text``, ``html``
    """
    for part in message.walk():
        if part.get_content_type() == "message/rfc822" and part is not message and part.get_payload():
            return read_parts(part.get_payload(0))
    found = {"plain": [], "html": []}
    for part in message.walk():
        kind = part.get_content_subtype()
        is_file = part.get_filename() or part.get_content_disposition() == "attachment"
        if part.get_content_maintype() == "text" and kind in found and not is_file:
            found[kind].append(_decode(part))
    return {
        "subject": read_header(message, "Subject"),
        "from": read_header(message, "From"),
        "reply_to": read_header(message, "Reply-To"),
        "date": read_header(message, "Date"),
        "text": "\n".join(found["plain"])[:LONGEST_PART],
        "html": "\n".join(found["html"])[:LONGEST_PART],
    }


def read_pasted(text):
    """The parts of what a person pasted: a mail with its headers, its HTML or its text."""
    message = message_from_string(text, policy=policy.SMTP)
    if message.get("From") and message.get("Subject"):
        return read_parts(message)
    return {"html" if text.lstrip().startswith("<") else "text": text}


def mend_charsets(message):
    """Name characters that Python knows where a mail names others, which nobody could read."""
    for part in message.walk():
        if part.get_content_maintype() == "text" and part.get_content_charset():
            try:
                (part.get_payload(decode=True) or b"").decode(part.get_content_charset(), "replace")
            except (LookupError, ValueError):
                part.set_param("charset", "utf-8")


def is_answered_by_machine(message):
    """Whether a mail is an answer that nobody wrote, such as that somebody is away (RFC 3834). What a portal sends by
    itself answers nothing."""
    kind = str(message.get("Auto-Submitted", "no")).split(";")[0].strip().lower()
    return (
        kind == "auto-replied"
        or (kind != "no" and bool(message.get("In-Reply-To")))
        or str(message.get("Precedence", "")).strip().lower() == "auto_reply"
        or any(message.get(name) for name in ("X-Autoreply", "X-Autorespond"))
    )


def read_header(message, name):
    try:
        return " ".join(str(message.get(name) or "").replace("\x00", "").split())
    except (LookupError, ValueError):  # of a header that is none
        return ""


def _decode(part):
    raw = part.get_payload(decode=True) or b""
    for charset in (part.get_content_charset(), *GUESSED):
        try:
            return raw.decode(codecs.lookup(charset or "utf-8").name).replace("\r\n", "\n").replace("\x00", "")
        except (LookupError, ValueError):
            continue
    return ""


# ------------------------------------------------------------
# WHAT STANDS IN THEM
# ------------------------------------------------------------


def read_words(mail):
    """What rules look into, without what is quoted of earlier mails; in a forwarded mail they look into that.

    :param dict mail: of :func:`read_parts`
    :return: dict of ``subject``, ``sender`` (name and address of who wrote it), ``is_for_other`` (whether somebody else
        sent it for them), ``text`` (the words), ``texts`` (each part as text) and ``cells`` (pairs of texts that stand
        beside each other in a table, or one under the other)
    """
    tree = _parse(mail.get("html"))
    texts = [mail.get("text") or "", _get_text(tree)]
    is_forward = bool(FORWARD.match(mail.get("subject") or "")) or any(map(FORWARDED.search, texts))
    senders = [mail.get("reply_to"), mail.get("from")]
    if is_forward:
        forwarded = [_open_forward(text) for text in texts]
        texts = [text for text, _sender in forwarded]
        senders = [sender for _text, sender in forwarded] + senders
    else:
        tree = _drop_quotes(tree)
        texts = [_cut_quotes(texts[0]), _cut_quotes(_get_text(tree))]
    texts = [_tidy(text) for text in texts if text.strip()]
    sender = next(filter(None, map(get_address, senders)), ("", ""))
    return {
        "subject": FORWARD.sub("", mail.get("subject") or "").strip(),
        "sender": sender,
        "is_for_other": not is_forward and _get_domain(sender) != _get_domain(get_address(mail.get("from"))),
        "text": texts[0] if texts else "",
        "texts": texts,
        "cells": _get_cells(tree),
    }


def get_address(header):
    """
    :return: name and address of the first in a header; None if there is none
    """
    header = (header or "")[:LONGEST_HEADER]  # each bracket in it is a call
    return next(((name, address) for name, address in getaddresses([header]) if "@" in address), None)


def _get_domain(address):
    return address[1].rpartition("@")[2].lower() if address else ""


def find_after(text, label, others=(), is_long=False):
    """What stands after a label, or on the line below one that stands alone.

    :param others: labels at which it ends
    :param bool is_long: whether it goes on over several lines
    """
    found = _compile_label(label).search(text)
    if not found:
        return None
    lines = [found[1], *text[found.end() :].lstrip("\r").removeprefix("\n").split("\n")]
    ends = [_compile_label(other) for other in others]
    value = []
    for number, line in enumerate(lines):
        if number and (RULER.fullmatch(line) or any(end.match(line) for end in ends)):
            break
        value.append(line)
        if not is_long and line.strip():
            break
    return "\n".join(value).strip() or None


def _compile_label(label):
    words = r"\s+".join(map(re.escape, label.strip().rstrip(":").split()))
    return re.compile(rf"^{MARKS}{words}[^\S\n]*\**[^\S\n]*(?:[:=\t–][^\S\n]*\**|$)(.*)$", re.IGNORECASE | re.MULTILINE)


# ------------------------------------------------------------
# QUOTES AND FORWARDED MAILS
# ------------------------------------------------------------


def _cut_quotes(text):
    """An answer without what it answers; if nothing is left, all of it."""
    found = ANSWERED.search(text)
    own = text[: found.start()] if found else text
    own = "\n".join(line for line in own.split("\n") if not line.lstrip().startswith(">"))
    return own if own.strip() else text


def _open_forward(text):
    """
    :return: what was forwarded, without the lines above it; and its sender's line
    """
    marker = FORWARDED.search(text)
    start = marker.end() if marker else 0
    sender = SENDER.search(text, start)
    if not sender:
        return text, None
    _header, _blank, body = text[sender.start() :].partition("\n\n")
    body = body or text[sender.end() :]
    body = "\n".join(re.sub(r"^(?:> ?)+", "", line) for line in body.split("\n"))
    return body, sender[1].replace("[mailto:", "<").replace("]", ">")


# ------------------------------------------------------------
# HTML
# ------------------------------------------------------------


def _parse(source):
    """
    :return: an lxml tree; None for what has nothing in it
    """
    if not (source or "").strip():
        return None
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        tree = html.document_fromstring(source.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError):
        return None
    for node in tree.xpath("|".join(f"//{tag}" for tag in DROPPED)):
        node.drop_tree()
    return tree


def _drop_quotes(tree):
    for node in tree.xpath(QUOTES) if tree is not None else ():
        if node.getparent() is not None:
            node.drop_tree()
    return tree


def _get_text(tree):
    """Text with a line for each block; cells of a row are parted by tabs."""
    if tree is None:
        return ""
    pieces = []

    def add(text):
        if text:
            pieces.append(re.sub(r"[^\S\xa0]+", " ", text).replace("\xa0", " "))

    for event, node in etree.iterwalk(tree, events=("start", "end")):
        if event == "start":
            if node.tag in BLOCKS or node.tag == "br":
                pieces.append("\n---\n" if node.tag == "hr" else "\n")
            add(node.text)
        else:
            if node.tag in ("td", "th"):
                pieces.append("\t")
            elif node.tag in BLOCKS:
                pieces.append("\n")
            if node is not tree:
                add(node.tail)
    return _tidy("".join(pieces))


def _tidy(text):
    text = re.sub(r"(@[\w.-]{1,200})\s?[<\[]mailto:[^>\]\n]{1,300}[>\]]", r"\1", text)
    lines = [re.sub(r"[^\S\n]*\t[^\S\n]*", "\t", re.sub(r"[^\S\t]+", " ", line)).strip() for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _get_cells(tree):
    if tree is None:
        return []
    pairs = []
    for row in tree.iter("tr"):
        cells = [cell for cell in row if cell.tag in ("td", "th")]
        if len(cells) > 1 and all(cell.tag == "th" for cell in cells):
            below = next((item for item in row.itersiblings("tr")), None)
            if below is None and row.getparent().tag == "thead":
                below = next(iter(row.xpath("../following-sibling::tbody/tr")), None)
            cells_below = [cell for cell in below if cell.tag in ("td", "th")] if below is not None else []
            pairs += zip(cells, cells_below, strict=False)
        else:
            pairs += zip(cells, cells[1:], strict=False)
    pairs += ((term, term.getnext()) for term in tree.iter("dt") if getattr(term.getnext(), "tag", "") == "dd")
    return [
        (_get_text_of(label), _get_text_of(value))
        for label, value in pairs
        if not _is_layout(label) and not _is_layout(value)
    ]


def _is_layout(cell):
    """Whether a cell holds much of a page: tables in tables would be read once for each of those around them."""
    return cell.find(".//table") is not None and next(islice(cell.iter(), MOST_NODES, None), None) is not None


def _get_text_of(node):
    return _get_text(node).replace("\t", " ").strip()
